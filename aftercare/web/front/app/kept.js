// What the phone keeps, in IndexedDB: facts by name (tokens, the last answers of the server, a check-in begun) and the
// outbox (what was not answered yet, and what was answered lately). Nothing is in cookies or in the address.

const DAY = 86_400_000;
const KEEP = 45 * DAY; // as long as an episode is monitored, and a little

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("aftercare", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("facts");
      asked.result.createObjectStore("outbox", { keyPath: "id" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

async function run(store, mode, act) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const asked = act(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export const fact = (name) => run("facts", "readonly", (store) => store.get(name));
export const keepFact = (name, value) => run("facts", "readwrite", (store) => store.put(value, name));
export const dropFact = (name) => run("facts", "readwrite", (store) => store.delete(name));

export const queued = () => run("outbox", "readonly", (store) => store.getAll());
export const queuedItem = (id) => run("outbox", "readonly", (store) => store.get(id));
export const queue = (item) => run("outbox", "readwrite", (store) => store.put(item));
export const unqueue = (id) => run("outbox", "readwrite", (store) => store.delete(id));

export async function forgetOld(now) {
  for (const item of await queued()) {
    const over = item.state === "answered" || item.kind === "receipt"; // nobody looks after a receipt that was refused
    if (over && now - item.made_at > KEEP) await unqueue(item.id);
  }
}

// After signing out nothing of the patient stays on the phone.
export async function forgetEverything() {
  await run("facts", "readwrite", (store) => store.clear());
  await run("outbox", "readwrite", (store) => store.clear());
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
