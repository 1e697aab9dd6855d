"use strict";
const main = document.querySelector("main");
const state = document.getElementById("state"), said = document.getElementById("said");
const calm = said.textContent;
const clock = new Intl.DateTimeFormat(undefined, {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});
const full = new Intl.DateTimeFormat(undefined, {dateStyle: "full", timeStyle: "medium"});
const drawn = new WeakMap();

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const when = new Date(time.dateTime);
    time.title = full.format(when);
    time.textContent = clock.format(when);
  }
}

function newestBelow(root) {
  for (const chat of root.querySelectorAll(".chat")) chat.scrollTop = chat.scrollHeight;
}

function newItem(item) {
  const box = document.createElement("div");
  box.className = "item fresh";
  box.dataset.key = item.key;
  return box;
}

function draw(section, items) {
  const list = section.querySelector(".items");
  const before = new Map([...list.children].map(box => [box.dataset.key, box]));
  items.forEach((item, place) => {
    const box = before.get(item.key) || newItem(item);
    before.delete(item.key);
    if (drawn.get(box) !== item.html) {
      const open = box.querySelector("details")?.open;
      box.innerHTML = item.html;
      drawn.set(box, item.html);
      localTimes(box);
      if (open) box.querySelector("details").open = true;
    }
    if (list.children[place] !== box) list.insertBefore(box, list.children[place] || null);
    newestBelow(box);
  });
  for (const gone of before.values()) gone.remove();
}

function tell(text, lost) {
  if (said.textContent !== text) said.textContent = text;
  state.classList.toggle("lost", lost);
}

async function look() {
  try {
    const answer = await fetch("/_sandbox/page?seen=" + encodeURIComponent(main.dataset.version));
    if (answer.status === 200) {
      const content = await answer.json();
      for (const [name, items] of Object.entries(content.sections)) draw(document.getElementById(name), items);
      document.getElementById("counts").innerHTML = content.counts;
      document.getElementById("news").textContent = document.getElementById("counts").textContent;
      main.dataset.version = content.version;
    }
    tell(calm, false);
  } catch {
    tell("The sandbox has stopped. This is the last that was seen.", true);
  }
  setTimeout(look, document.hidden ? 5000 : 1000);
}

localTimes(document);
newestBelow(document);
addEventListener("load", () => newestBelow(document));
setTimeout(look, 1000);
