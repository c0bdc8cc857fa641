// Words, numbers and times as people read them, and elements made of them.

const words = (name) => name.replace(/_/g, ' ');
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const plural = (n, noun) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;

// 3723.5 -> "1:02:03.5"; digits is how many of the fraction to show.
function clock(seconds, digits = 3) {
  const sign = seconds < 0 ? '−' : '';
  const unit = 10 ** digits;
  let rest = Math.round(Math.abs(seconds) * unit);
  const fraction = rest % unit;
  rest = (rest - fraction) / unit;
  const s = rest % 60, m = Math.floor(rest / 60) % 60, h = Math.floor(rest / 3600);
  const two = (n) => String(n).padStart(2, '0');
  return sign + (h ? `${h}:${two(m)}` : m) + ':' + two(s) + (digits ? '.' + String(fraction).padStart(digits, '0') : '');
}

const short_number = (v) => (Number.isInteger(v) ? v.toLocaleString('en') : String(Number(v.toPrecision(6))));

// make('b', {className: 'x'}, 'text', child ...): an element; strings only ever become text.
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
