import { appearance } from "./appearance.js";
import { keyboard } from "./keyboard.js";
import { upload } from "./upload.js";

appearance(document.querySelector("[data-themes]"));
keyboard(document);
upload(document.querySelector("#upload"));
