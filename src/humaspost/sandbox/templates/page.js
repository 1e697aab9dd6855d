"use strict";
const main = document.querySelector("main");
const state = document.getElementById("state"), statusText = document.getElementById("status-text");
const runningText = statusText.textContent;
const clock = new Intl.DateTimeFormat(undefined, {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"});
const full = new Intl.DateTimeFormat(undefined, {dateStyle: "full", timeStyle: "medium"});
const drawn = new WeakMap();

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    time.title = full.format(date);
    time.textContent = clock.format(date);
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
  items.forEach((item, position) => {
    const box = before.get(item.key) || newItem(item);
    before.delete(item.key);
    if (drawn.get(box) !== item.html) {
      const open = box.querySelector("details")?.open;
      box.innerHTML = item.html;
      drawn.set(box, item.html);
      localTimes(box);
      if (open) box.querySelector("details").open = true;
    }
    if (list.children[position] !== box) list.insertBefore(box, list.children[position] || null);
    newestBelow(box);
  });
  for (const box of before.values()) box.remove();
}

function setStatus(text, lost) {
  if (statusText.textContent !== text) statusText.textContent = text;
  state.classList.toggle("lost", lost);
}

async function refresh() {
  try {
    const response = await fetch("/_sandbox/page?version=" + encodeURIComponent(main.dataset.version));
    if (response.status === 200) {
      const content = await response.json();
      for (const [name, items] of Object.entries(content.sections)) draw(document.getElementById(name), items);
      document.getElementById("counts").innerHTML = content.counts;
      document.getElementById("news").textContent = document.getElementById("counts").textContent;
      main.dataset.version = content.version;
    }
    setStatus(runningText, false);
  } catch {
    setStatus("The sandbox has stopped. This is the last that was seen.", true);
  }
  setTimeout(refresh, document.hidden ? 5000 : 1000);
}

localTimes(document);
newestBelow(document);
addEventListener("load", () => newestBelow(document));
setTimeout(refresh, 1000);
