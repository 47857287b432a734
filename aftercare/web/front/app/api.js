// The HTTP interface as the phone meets it: answers get lost, tokens end, servers are busy. Three things can be wrong:
// nobody answered (Offline), this phone is no longer enrolled (SignedOut), or the server says what it is (Problem).

import { dropFact, fact, keepEnrolment, keepFact } from "./kept.js";
import { inTurn } from "./turns.js";

const PATIENCE = 20_000; // milliseconds for an answer
const STALLED = 60_000; // milliseconds in which nothing of a photo moved on; the server looks at it for some seconds
const TURN = 30_000; // milliseconds that a tab may take to renew the token, an answer included
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

// The server refuses with a problem document, always. Any other refusal comes from something in between, a hotel's network
// or a proxy, and says nothing of what was sent: it was not there.
async function problemOf(response) {
  const ours = response.headers.get("content-type")?.startsWith("application/problem+json");
  if (!ours && response.status < 500) return new Offline();
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

const tokensOf = (answer) => ({
  access_token: answer.access_token,
  refresh_token: answer.refresh_token,
  ends_at: Date.now() + answer.expires_in * 1000,
});

export async function enrol(code, installationId, version) {
  const body = { code, installation_id: installationId, app_version: version, device: "browser" };
  await keepEnrolment(tokensOf(await read(await ask("POST", "/v1/enrolments", { body }))));
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
      const problem = await problemOf(response);
      if (problem instanceof Offline) throw problem;
      await dropFact("tokens");
      throw new SignedOut(problem.message);
    }
    const fresh = tokensOf(await read(response));
    await keepFact("tokens", fresh);
    return fresh;
  };
  rotating ??= inTurn("aftercare-tokens", TURN, once).finally(() => {
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
    // However large it is and slow the network: only one that stands still is given up, to be begun again.
    let watchdog = setTimeout(() => request.abort(), STALLED);
    request.upload.onprogress = (event) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => request.abort(), STALLED);
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      const headers = new Headers();
      for (const name of ["content-type", "retry-after"]) {
        const value = request.getResponseHeader(name);
        if (value) headers.set(name, value);
      }
      resolve(new Response(request.responseText, { status: request.status, headers }));
    };
    request.onerror = request.onabort = () => reject(new Offline());
    request.onloadend = () => clearTimeout(watchdog);
    request.send(blob);
  });
}

export async function upload(path, blob, onProgress) {
  return read(await withToken((token) => send(path, blob, token, onProgress)));
}
