// Messages in words, as mesh_probe/text does it: the same templates, units and particles.

const data = JSON.parse(document.getElementById("data").textContent);
let language = document.documentElement.lang;

const TIME_NAMES = {
  en: [" ms", " s", " min", " h", " d"],
  ko: ["ms", "초", "분", "시간", "일"],
};
const TIME_SIZES = [0.001, 1, 60, 3600, 86400];
const TIME_LIMITS = [0.9995, 60, 3600, 172800];

/** A figure with so many decimals; what lies exactly between goes to the even digit. */
function fixed(figure, decimals) {
  const exact = figure.toFixed(decimals + 40);
  const kept = exact.slice(0, -40).replace(/\.$/, "");
  const between = /^50*$/.test(exact.slice(-40));
  return between && "02468".includes(kept.at(-1)) ? kept : figure.toFixed(decimals);
}

function significant(figure, digits) {
  if (figure === 0) return "0";
  const exponent = Number(figure.toExponential().split("e")[1]);
  return String(Number(fixed(figure, Math.max(digits - 1 - exponent, 0))));
}

function short(figure) {
  return figure >= 100 ? fixed(figure, 0) : significant(Number(fixed(figure, 3)), 3);
}

function duration(seconds) {
  const names = TIME_NAMES[language];
  const found = TIME_LIMITS.findIndex((limit) => seconds < limit);
  const unit = found < 0 ? TIME_SIZES.length - 1 : found;
  return short(seconds / TIME_SIZES[unit]) + names[unit];
}

function rate(perSecond) {
  if (perSecond >= 0.1 || perSecond === 0) return `${short(perSecond)}/s`;
  if (perSecond * 60 >= 0.1) return `${short(perSecond * 60)}/min`;
  return `${short(perSecond * 3600)}/h`;
}

function percent(ratio) {
  const share = ratio * 100;
  if (share >= 99.5 && share < 100) return ">99%";
  return share >= 10 ? `${fixed(share, 0)}%` : `${significant(Number(fixed(share, 4)), 2)}%`;
}

function size(count) {
  for (const [limit, unit, scale] of [[1e3, "B", 1], [1e6, "kB", 1e3], [1e9, "MB", 1e6]]) {
    if (count < limit) return `${short(count / scale)} ${unit}`;
  }
  return `${short(count / 1e9)} GB`;
}

const UNITS = {
  "": String,
  ",": (count) => count.toLocaleString("en-US"),
  duration,
  rate,
  percent,
  size,
  plural: (count) => (String(count) === "1" ? "" : "s"),
};

/** The text of an id in the reader's language, with its parameters filled in. */
function text(id, parameters = {}) {
  const filled = data.texts[language][id].replace(
    /\{([a-z0-9_]+)(?::([a-z,]+))?\}|\{\{|\}\}/g,
    (found, name, unit = "") => {
      if (name === undefined) return found[0];
      const value = parameters[name];
      return value === null || value === undefined ? "–" : UNITS[unit](value);
    },
  );
  return language === "ko" ? particles(filled) : filled;
}

/** Korean particles change with the last sound of the word before them. */
function particles(said) {
  return said.replace(
    /([가-힣0-9])(['"]?)(이\(가\)|을\(를\)|은\(는\)|과\(와\)|으로\(로\))/g,
    (_, last, quote, both) => {
      const [closedForm, openForm] = both.slice(0, -1).split("(");
      const digit = /\d/.test(last);
      const sound = (last.charCodeAt(0) - "가".charCodeAt(0)) % 28;
      const closed = digit ? "013678".includes(last) : sound > 0;
      const rieul = digit ? "178".includes(last) : sound === 8;
      const takesClosed = closed && !(closedForm === "으로" && rieul);
      return last + quote + (takesClosed ? closedForm : openForm);
    },
  );
}

/** A message as the page carries it: a shape and its values, or one text for each language. */
function say(message) {
  const [shape, ...values] = message;
  if (shape < 0) return values[data.languages.indexOf(language)];
  const [id, names] = data.shapes[shape];
  return text(id, Object.fromEntries(names.map((name, place) => [name, values[place]])));
}

const SAID = { m: null, mLabel: "aria-label", mPlaceholder: "placeholder", mTitle: "title" };

/** Put everything that is on the page by itself into the reader's language. */
function sayAll(root = document) {
  for (const [key, attribute] of Object.entries(SAID)) {
    const marker = `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const found of root.querySelectorAll(`[${marker}]`)) {
      const said = say(data.messages[Number(found.dataset[key])]);
      if (attribute) found.setAttribute(attribute, said);
      else found.textContent = said;
    }
  }
}
