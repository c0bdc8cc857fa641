'use strict';
// Where the export has its timeline: in the page itself, with the pictures of the scenes.

const data = JSON.parse(document.getElementById('data').textContent);

// Where the picture of a scene is, or nothing.
const picture_source = (s) => (data.thumbnails[s.place] ? 'data:image/jpeg;base64,' + data.thumbnails[s.place] : '');
