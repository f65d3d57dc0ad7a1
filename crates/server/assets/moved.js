// Where a command goes when an option has its key: the option keeps the key, and the command takes Shift with it.

/// The commands whose key an option has, each with the key it goes to: the same letter with Shift; where an option or
/// another command has that, with Alt, and else with both. `keys` is a key for each command, `options` the keys of options.
export function movedKeys(keys, options) {
  // A small letter picks an option whose key is the large one, too.
  const isOption = (key) => options.some((own) => own === key || own.toLowerCase() === key);
  const used = new Set(Object.values(keys).filter((key) => !isOption(key)));
  const moved = new Map();
  for (const [name, key] of Object.entries(keys)) {
    if (!isOption(key)) continue;
    const letter = key.toLowerCase();
    const free = [letter.toUpperCase(), `Alt+${letter}`, `Alt+Shift+${letter}`].find((one) => !used.has(one) && !isOption(one));
    if (!free) continue;
    moved.set(name, free);
    used.add(free);
  }
  return moved;
}
