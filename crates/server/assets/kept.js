// What is kept on this device until the server has it: drafts by item, and requests in their order.

import { $ } from './dom.js';

/// Whose answers to what: another person on this device must not send them.
export const owner = () => { const { user, dataset } = $('[data-dataset]').dataset; return `${user ?? ''}/${dataset}`; };
let opening;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('engraft', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('drafts');
      request.result.createObjectStore('outbox', { keyPath: 'number', autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(store, mode, action) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, mode);
    const request = action(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const draftKey = (item) => `${owner()}/${item}`;
export const keepDraft = (item, draft) => run('drafts', 'readwrite', (store) => store.put(draft, draftKey(item)));
export const keptDraft = (item) => run('drafts', 'readonly', (store) => store.get(draftKey(item)));
export const dropDraft = (item) => run('drafts', 'readwrite', (store) => store.delete(draftKey(item)));

/// Adds a request; its number says its place.
export const keepRequest = (request) => run('outbox', 'readwrite', (store) => store.add({ ...request, owner: owner() }));
export const dropRequest = (number) => run('outbox', 'readwrite', (store) => store.delete(number));
export const isKept = async (number) => (await run('outbox', 'readonly', (store) => store.count(number))) > 0;
export async function keptRequests() {
  const all = await run('outbox', 'readonly', (store) => store.getAll());
  return all.filter((request) => request.owner === owner());
}
