// One at a time among the tabs of this phone. A tab that the phone put to sleep keeps its turn for as long as it sleeps:
// after `patience` milliseconds nobody waits for it any more.
export async function inTurn(name, patience, act) {
  if (!navigator.locks) return act();
  const waited = AbortSignal.timeout(patience);
  try {
    return await navigator.locks.request(name, { signal: waited }, act);
  } catch (error) {
    if (error !== waited.reason) throw error;
    return act();
  }
}
