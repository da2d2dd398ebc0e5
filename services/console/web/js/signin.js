/* The page that asks who it is. The list is that of a development set-up. */
import { html, render, icon, $ } from './dom.js';
import { get, post } from './api.js';
import { initials } from './fmt.js';

export async function show(root, why) {
  document.title = 'Sign in · PriorPath';
  let list = { people: [] },
    fault = '';
  try {
    list = await get('sign-in', {}, { person: false });
  } catch (e) {
    fault = e.message;
  }
  const sites = (p) => (p.sites.includes('*') ? 'all sites' : p.sites.join(', '));
  render(
    root,
    html`<div class="door"><main class="panel"><div class="brand">${icon('logo', 'l')}PriorPath</div>
    <h1>Sign in</h1><p>${why ?? (list.people.length ? 'This is a development set-up: choose who you are. It asks for no password and must never hold real data.' : 'Nobody can sign in here: no way of signing in is set up.')}</p>
    <p role="alert">${fault}</p>
    <ul>${list.people.map(
      (
        p,
      ) => html`<li><button data-user="${p.id}"><span class="who">${initials(p.name)}</span><span><b>${p.name}</b><span class="sub">${p.title} · ${sites(p)}</span></span></button>
      </li>`,
    )}</ul></main></div>`,
  );
  root.onclick = async (e) => {
    const user = e.target.closest('[data-user]')?.dataset.user;
    if (!user) return;
    try {
      await post('sign-in', { user });
      location.reload();
    } catch (err) {
      $('[role="alert"]', root).textContent = `${err.message}. ${err.detail}`;
    }
  };
}
