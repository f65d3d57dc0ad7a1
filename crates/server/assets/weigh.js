// Weights of a decision's criteria: the server decides and draws again on the same measurements whenever one is moved.

const form = document.querySelector('form[data-weigh]');
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? '';

function follow() {
  const [standing, problem] = [document.getElementById('standing'), form.querySelector('[data-problem]')];
  const sliders = [...form.querySelectorAll('input[type="range"]')];
  let [waiting, turn] = [null, 0];
  const show = () => sliders.forEach((slider) => { slider.parentElement.querySelector('output').value = Math.round(slider.value); });
  const tell = (words) => {
    problem.textContent = words;
    problem.hidden = words === '';
  };
  // The verdict stays the same element, so that it is read out when it changes, and nothing else is.
  const place = (fresh) => {
    const [old, verdict] = [standing, fresh].map((part) => part.querySelector('.verdict'));
    if (old.innerHTML !== verdict.innerHTML) old.replaceChildren(...verdict.childNodes);
    standing.querySelector('.scroll').replaceWith(fresh.querySelector('.scroll'));
  };
  const drawn = (html) => document.adoptNode(new DOMParser().parseFromString(html, 'text/html').body);
  const weigh = async () => {
    const mine = ++turn;
    const weights = Object.fromEntries(sliders.map((slider) => [slider.name, slider.disabled ? 0 : Number(slider.value)]));
    const response = await fetch(form.dataset.weigh, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
      body: JSON.stringify(weights),
    }).catch(() => null);
    const answer = await response?.json().catch(() => null);
    if (mine !== turn) return;
    if (!response?.ok) {
      tell(answer?.error ? `${answer.error.message}. ${answer.error.hint ?? ''}` : 'The studio cannot be reached. Check that it runs, then move a weight again.');
      return;
    }
    tell('');
    place(drawn(answer.html));
    for (const part of ['tile', 'pictures']) document.getElementById(part)?.replaceChildren(...drawn(answer[part]).childNodes);
  };
  const soon = () => {
    show();
    clearTimeout(waiting);
    waiting = setTimeout(weigh, 80);
  };
  form.addEventListener('input', soon);
  form.addEventListener('submit', (event) => event.preventDefault());
  // The fields are set back after the event.
  form.addEventListener('reset', () => setTimeout(soon));
}

if (form) follow();
