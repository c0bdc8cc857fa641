// The exported page around the board: its header, and the video that the reader may load, which never leaves the page.

function load_video(file) {
  if (!file) return;
  if (video.src) URL.revokeObjectURL(video.src);
  by_id('video-note').hidden = true;
  video.src = URL.createObjectURL(file);
  video_on = true;
  by_id('stage').hidden = false;
  if (playhead !== null) video.currentTime = playhead;
  if (file.name !== media.name || file.size !== media.bytes) {
    by_id('video-note').textContent = `This timeline is of ${media.name} (${media.bytes.toLocaleString('en')} bytes); “${file.name}” has ${file.size.toLocaleString('en')}.`;
    by_id('video-note').hidden = false;
  }
  draw_details();
}

by_id('video-file').onchange = (event) => load_video(event.target.files[0]);
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => { event.preventDefault(); load_video(event.dataTransfer.files[0]); });

by_id('name').textContent = media.name || 'timeline';
by_id('name').title = media.path;
fill_facts(by_id('facts'));
start_board();
