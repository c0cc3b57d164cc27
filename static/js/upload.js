/**
 * Sends dropped or chosen files, a few at a time, each in its own request, so that a large batch shows progress and a
 * refused file does not stop the others. The form also works without this script.
 */
const AT_ONCE = 3;

export function upload(form) {
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const folder = input.cloneNode();
  folder.removeAttribute("id");
  folder.webkitdirectory = true;
  folder.hidden = true;
  form.append(folder);
  const sender = new Sender(form);

  form.dataset.script = "";
  form.querySelector("[data-no-script]").hidden = true;
  form.querySelector("[data-script-only]").hidden = false;
  const chooseFolder = form.querySelector("[data-choose-folder]");
  chooseFolder.hidden = false;
  chooseFolder.addEventListener("click", () => folder.click());

  for (const source of [input, folder]) {
    source.addEventListener("change", () => {
      sender.add([...source.files]);
      source.value = "";
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  acceptDrops(form, (files) => sender.add(files));
}

function acceptDrops(form, take) {
  let depth = 0;
  const over = (change) => {
    depth = Math.max(0, depth + change);
    form.toggleAttribute("data-over", depth > 0);
  };
  document.addEventListener("dragenter", (event) => event.dataTransfer.types.includes("Files") && over(1));
  document.addEventListener("dragleave", (event) => event.dataTransfer.types.includes("Files") && over(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    over(0);
    // Entries must be taken during the event; their contents can be read later.
    const items = [...event.dataTransfer.items].filter(({ kind }) => kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
    take((await Promise.all(entries.map(filesOf))).flat());
  });
}

/** The files of a dropped entry, including those in folders, except hidden ones. A File is returned as it is. */
async function filesOf(entry) {
  if (entry instanceof File) return [entry];
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A reader returns a folder's entries in batches, and an empty batch at the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(filesOf))).flat();
}

class Sender {
  constructor(form) {
    this.form = form;
    this.bar = form.querySelector(".sending");
    this.problems = form.querySelector(".problems");
    this.waiting = [];
    this.running = 0;
  }

  add(files) {
    if (this.running === 0) {
      this.batch = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
      this.problems.replaceChildren();
      this.total = this.sent = 0;
    }
    const limit = Number(this.form.dataset.maxMegabytes) * 1024 ** 2;
    for (const file of files) {
      if (file.name.startsWith(".")) continue;
      if (file.size > limit) this.report(file.name, this.form.dataset.tooLarge);
      else {
        this.waiting.push(file);
        this.total += file.size;
      }
    }
    while (this.running < AT_ONCE && this.waiting.length > 0) this.next();
  }

  async next() {
    this.running += 1;
    while (this.waiting.length > 0) await this.send(this.waiting.shift());
    this.running -= 1;
    if (this.running === 0) this.bar.hidden = true;
  }

  /** Resolves when the server has responded, successfully or not. */
  send(file) {
    const body = new FormData();
    body.append("files", file);
    body.append("batch", this.batch);
    const request = new XMLHttpRequest(); // fetch does not report upload progress
    let before = 0;
    request.upload.addEventListener("progress", ({ loaded }) => {
      this.sent += Math.min(loaded, file.size) - before;
      before = Math.min(loaded, file.size);
      this.bar.hidden = false;
      this.bar.value = this.total ? this.sent / this.total : 1;
    });
    return new Promise((resolve) => {
      request.addEventListener("loadend", () => {
        const shown = request.status === 200 && this.show(file, request.responseText);
        if (!shown) this.report(file.name, reasonOf(request) || this.form.dataset.lost);
        resolve();
      });
      request.open("POST", this.form.action);
      request.setRequestHeader("X-CSRFToken", this.form.elements.csrfmiddlewaretoken.value);
      request.setRequestHeader("X-Upload", "1");
      request.send(body);
    });
  }

  /** Adds the new row at the top of the list; the rest of the response is swapped by id. False if there is no row. */
  show(file, html) {
    const list = document.querySelector("#documents");
    const row = new DOMParser().parseFromString(html, "text/html").querySelector("li[id]");
    if (!row) return false;
    const there = document.getElementById(row.id);
    document.querySelector("#empty")?.remove();
    if (row.hasAttribute("data-duplicate")) this.report(file.name, this.form.dataset.there);
    there?.remove();
    htmx.swap(list, html, { swapStyle: "afterbegin" });
    return true;
  }

  report(name, text) {
    const line = document.createElement("p");
    line.textContent = `${name} ${text}`;
    this.problems.append(line);
  }
}

function reasonOf(request) {
  if (request.status === 422) return request.responseText;
  if (request.getResponseHeader("Content-Type")?.startsWith("application/json")) {
    return JSON.parse(request.responseText).error.message;
  }
  return "";
}
