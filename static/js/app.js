import { appearance } from "./appearance.js";
import { copying } from "./copy.js";
import { keyboard } from "./keyboard.js";
import { pictures } from "./pictures.js";
import { upload } from "./upload.js";

appearance(document.querySelector("[data-themes]"));
copying(document);
keyboard(document);
pictures(document);
upload(document.querySelector("#upload"));
