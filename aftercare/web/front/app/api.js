// The HTTP interface as the phone meets it: answers get lost, tokens end, servers are busy. Three things can be wrong:
// nobody answered (Offline), this phone is no longer enrolled (SignedOut), or the server says what it is (Problem).

import { dropFact, fact, keepFact } from "./kept.js";

const PATIENCE = 20_000; // milliseconds for an answer
const EARLY = 60_000; // a token that ends within a minute may end on the way

export class Offline extends Error {}
export class SignedOut extends Error {}
export class Problem extends Error {
  constructor(status, said, retryAfter) {
    super(said.detail || said.title || `HTTP ${status}`);
    this.status = status;
    this.type = said.type || "";
    this.retryAfter = Number(retryAfter) || null; // seconds
  }
  // Whether the same again can succeed: the fault is the server's, a token's, or it asks for patience.
  get passing() {
    return this.status >= 500 || [401, 408, 429].includes(this.status);
  }
}

async function ask(method, path, { body, token } = {}) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  headers["sent-at"] = new Date().toISOString(); // a clock that is wrong is put right by it
  try {
    return await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit", // a staff sign-in of the same browser has no part in this
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Offline();
  }
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return new Problem(response.status, said, response.headers.get("retry-after"));
}

async function read(response) {
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    throw new Offline(); // the answer broke off
  }
}

async function keepTokens(answer) {
  const tokens = {
    access_token: answer.access_token,
    refresh_token: answer.refresh_token,
    ends_at: Date.now() + answer.expires_in * 1000,
  };
  await keepFact("tokens", tokens);
  return tokens;
}

export async function enrol(code, installationId, version) {
  const body = { code, installation_id: installationId, app_version: version, device: "browser" };
  await keepTokens(await read(await ask("POST", "/v1/enrolments", { body })));
}

let rotating = null;

// One refresh at a time, in this tab and among tabs: a refresh token used twice would end the whole family.
function freshTokens(used) {
  const once = async () => {
    const tokens = await fact("tokens");
    if (!tokens) throw new SignedOut();
    if (tokens.access_token !== used) return tokens; // somebody else was faster
    const response = await ask("POST", "/v1/tokens", { body: { refresh_token: tokens.refresh_token } });
    if (response.status === 401) {
      await dropFact("tokens");
      throw new SignedOut((await problemOf(response)).message);
    }
    return keepTokens(await read(response));
  };
  rotating ??= (navigator.locks ? navigator.locks.request("aftercare-tokens", once) : once()).finally(() => {
    rotating = null;
  });
  return rotating;
}

async function accessToken() {
  const tokens = await fact("tokens");
  if (!tokens) throw new SignedOut();
  const current = tokens.ends_at - EARLY > Date.now() ? tokens : await freshTokens(tokens.access_token);
  return current.access_token;
}

async function withToken(act) {
  const token = await accessToken();
  const response = await act(token);
  if (response.status !== 401) return response;
  return act((await freshTokens(token)).access_token);
}

export async function call(method, path, body) {
  return read(await withToken((token) => ask(method, path, { body, token })));
}

export async function picture(path) {
  const response = await withToken((token) => ask("GET", path, { token }));
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}

// fetch tells nothing of an upload's progress; XMLHttpRequest does.
function send(path, blob, token, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    request.setRequestHeader("authorization", `Bearer ${token}`);
    request.setRequestHeader("content-type", blob.type || "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      const headers = new Headers();
      const retryAfter = request.getResponseHeader("retry-after");
      if (retryAfter) headers.set("retry-after", retryAfter);
      resolve(new Response(request.responseText, { status: request.status, headers }));
    };
    request.onerror = request.onabort = () => reject(new Offline());
    request.send(blob);
  });
}

export async function upload(path, blob, onProgress) {
  return read(await withToken((token) => send(path, blob, token, onProgress)));
}
