// Holds server.json against the schema that it names: `node check.mjs SERVER SCHEMA`. SCHEMA is where the schema is kept; it is
// fetched when it is not there.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Ajv from "ajv";
import formats from "ajv-formats";

const FETCH_BOUND_MS = 20_000;
// The schema could not be had, which says nothing about the file.
const NO_SCHEMA = 3;

const [serverFile, schemaFile] = process.argv.slice(2);
const server = JSON.parse(readFileSync(serverFile, "utf8"));
if (!existsSync(schemaFile)) {
  try {
    const answer = await fetch(server.$schema, { signal: AbortSignal.timeout(FETCH_BOUND_MS) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    writeFileSync(schemaFile, await answer.text());
  } catch (error) {
    console.error(`cannot fetch ${server.$schema}: ${error.cause?.message ?? error.message}`);
    process.exit(NO_SCHEMA);
  }
}
const schema = JSON.parse(readFileSync(schemaFile, "utf8"));
if (schema.$id !== server.$schema) throw new Error(`${schemaFile} is ${schema.$id}, and not ${server.$schema}`);
const ajv = new Ajv.default({ allErrors: true, strict: false });
formats.default(ajv);
const holds = ajv.compile(schema);
if (!holds(server)) {
  console.error(ajv.errorsText(holds.errors, { separator: "\n", dataVar: "server.json" }));
  process.exit(1);
}
