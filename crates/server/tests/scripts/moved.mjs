// Which commands leave their key to an option, and where they go.

import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const source = readFileSync(new URL('../../assets/moved.js', import.meta.url), 'utf8');
const { movedKeys } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const check = (keys, options, expected) => deepEqual(Object.fromEntries(movedKeys(keys, options)), expected);
const KEYS = { comment: 'c', flag: 'f', next: 'ArrowRight', help: '?' };

test('commands whose key no option has stay', () => check(KEYS, ['1', '2', 'a', '-'], {}));
test('the others go to Shift and their letter', () => check(KEYS, ['c', 'f'], { comment: 'C', flag: 'F' }));
test('an option with a large letter hears the small one too', () => check(KEYS, ['F'], { flag: 'Alt+f' }));
test('a key that was chosen moves as one that was not', () => check({ ...KEYS, comment: 'ä' }, ['ä'], { comment: 'Ä' }));
test('no two commands meet', () => check({ ...KEYS, next: 'C', help: 'Alt+c' }, ['c'], { comment: 'Alt+Shift+c' }));
test('where all is taken nothing moves', () => check({ comment: 'c', a: 'C', b: 'Alt+c', d: 'Alt+Shift+c' }, ['c'], {}));
