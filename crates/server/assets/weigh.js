// Weights of a decision's criteria: the server decides again on the same measurements whenever one is moved.

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
  const weigh = async () => {
    const mine = ++turn;
    const weights = Object.fromEntries(sliders.map((slider) => [slider.name, slider.disabled ? 0 : Number(slider.value)]));
    const response = await fetch(form.dataset.weigh, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
      body: JSON.stringify(weights),
    }).catch(() => null);
    if (mine !== turn) return;
    const answer = await response?.json().catch(() => null);
    if (!response?.ok) {
      tell(answer?.error ? `${answer.error.message}. ${answer.error.hint ?? ''}` : 'The studio cannot be reached. Check that it runs, then move a weight again.');
      return;
    }
    tell('');
    standing.replaceChildren(...document.adoptNode(new DOMParser().parseFromString(answer.html, 'text/html').body).childNodes);
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
