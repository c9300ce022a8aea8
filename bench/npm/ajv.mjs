// Judges each line of a file by a JSON Schema from standard input: node ajv.mjs FOLDER_OF_AJV FILE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , folder, file] = process.argv;
const Ajv = createRequire(import.meta.url)(folder).default;
const validate = new Ajv().compile(JSON.parse(readFileSync(0, "utf8")));
const lines = readFileSync(file, "utf8").split("\n");
lines.pop();
const answers = lines.map((line) => {
  try {
    return validate(JSON.parse(line));
  } catch {
    return false;
  }
});
process.stdout.write(answers.join("\n") + "\n");
