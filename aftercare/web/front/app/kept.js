// What the phone keeps, in IndexedDB: facts by name (tokens, the last answers of the server, a check-in begun) and the
// outbox (what was not answered yet, and what was answered lately). Nothing is in cookies or in the address.
//
// A phone that is full keeps nothing more. What it did not take stays in this page as long as it is open, so that a check-in
// can be answered and sent all the same.

const DAY = 86_400_000;
const KEEP = 45 * DAY; // as long as an episode is monitored, and a little

const held = { facts: new Map(), outbox: new Map() }; // what a full phone did not take, by name and by id
let opened = null;

// A browser that ends the connection, as some do with a page that slept, is asked for another.
function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("aftercare", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("facts");
      asked.result.createObjectStore("outbox", { keyPath: "id" });
    };
    asked.onsuccess = () => {
      asked.result.onclose = () => (opened = null);
      resolve(asked.result);
    };
    asked.onerror = () => {
      opened = null;
      reject(asked.error);
    };
  });
  return opened;
}

async function run(store, mode, act) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const asked = act(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onabort = () => reject(transaction.error); // an error aborts, and only then it is known which
  });
}

const read = (store, key) => (held[store].has(key) ? held[store].get(key) : run(store, "readonly", (kept) => kept.get(key)));

async function write(store, key, value, put) {
  try {
    await run(store, "readwrite", put);
    held[store].delete(key);
  } catch (error) {
    if (error?.name !== "QuotaExceededError") throw error;
    held[store].set(key, value);
  }
}

function drop(store, key) {
  held[store].delete(key);
  return run(store, "readwrite", (kept) => kept.delete(key));
}

// Whether something would be lost with this page.
export const isFull = () => held.facts.size + held.outbox.size > 0;

export const fact = async (name) => read("facts", name);
export const keepFact = (name, value) => write("facts", name, value, (store) => store.put(value, name));
export const dropFact = (name) => drop("facts", name);

export const queuedItem = async (id) => read("outbox", id);
export const queue = (item) => write("outbox", item.id, item, (store) => store.put(item));
export const unqueue = (id) => drop("outbox", id);

export async function queued() {
  const items = await run("outbox", "readonly", (store) => store.getAll());
  return [...items.filter((item) => !held.outbox.has(item.id)), ...held.outbox.values()];
}

// Whoever enrols now, what was known before is somebody else's: at no time both are there.
export const keepEnrolment = (tokens) => write("facts", "tokens", tokens, (store) => {
  store.delete("known");
  store.delete("code");
  return store.put(tokens, "tokens");
});

export async function forgetOld(now) {
  for (const item of await queued()) {
    const over = item.state === "answered" || item.kind === "receipt"; // nobody looks after a receipt that was refused
    if (over && now - item.made_at > KEEP) await unqueue(item.id);
  }
}

// After signing out nothing of the patient stays on the phone.
export async function forgetEverything() {
  for (const store of ["facts", "outbox"]) {
    held[store].clear();
    await run(store, "readwrite", (kept) => kept.clear());
  }
}

// `crypto.randomUUID` exists in secure contexts only; a demo on a local network is none.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
