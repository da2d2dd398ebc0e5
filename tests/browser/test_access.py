"""For everybody: contrast, names, keyboard, focus, targets; and what the small modules compute."""

from __future__ import annotations

from stage import Stage
from test_pages import case_path

# WCAG 2.x contrast of every visible piece of text against what stands behind it; the worst ones.
CONTRAST = """() => {
  const lum = (c) => { const f = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (s) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = s; canvas.fillRect(0, 0, 1, 1); const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
  const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3]));
  const ground = (el) => { const stack = []; for (let e = el; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 0) stack.push(c); if (c[3] === 1) break; } return stack.reverse().reduce((b, a) => over(a, b), [255, 255, 255]); };
  const out = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const el = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !el.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || el.closest('.sr, .skip, option, select, [hidden]')) continue;
    const b = ground(el), f = over(rgba(getComputedStyle(el).color), b), [x, y] = [lum(f), lum(b)].sort((m, n) => n - m);
    out.push([Math.round(((x + 0.05) / (y + 0.05)) * 100) / 100, walk.currentNode.data.trim().slice(0, 30)]);
  }
  return out.sort((a, b) => a[0] - b[0]).slice(0, 3);
}"""
SCREENS = [
    ("l.tran", "/work?view=all", ".wrow"),
    ("l.tran", case_path(), "table.lines"),
    ("l.tran", "/readiness", ".rrow"),
    ("m.reyes", "/claims", "table.compare"),
]


def test_text_can_be_read(s: Stage) -> None:
    for dark in (False, True):
        for user, path, sel in SCREENS:
            page = s.page(user=user, path=path, dark=dark)
            page.wait_for_selector(sel)
            worst = page.evaluate(CONTRAST)
            assert worst[0][0] >= 4.5, (path, dark, worst)
            page.context.close()


def test_everything_has_a_name(s: Stage) -> None:
    for user, path, sel in SCREENS:
        page = s.page(user=user, path=path)
        page.wait_for_selector(sel)
        assert (
            page.locator("h1").count() == 1
            and page.get_by_role("main").count() == 1
            and page.get_by_role("navigation").count() == 1
        )
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, a[href], input, select, textarea')].filter((e) => e.checkVisibility() && !(e.getAttribute('aria-label') || e.textContent.trim() || e.title || (e.id && document.querySelector(`label[for="${e.id}"]`)))).map((e) => e.outerHTML.slice(0, 90))"""
        )
        assert nameless == [], (path, nameless)
        page.context.close()


def test_targets_are_large_enough(s: Stage) -> None:
    for user, path, sel in SCREENS:
        page = s.page(user=user, path=path)
        page.wait_for_selector(sel)
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, .btn, .pill, .places a, .views a, select')].filter((e) => e.checkVisibility()).map((e) => [e.getBoundingClientRect(), e]).filter(([r]) => r.height < 24 || r.width < 24).map(([r, e]) => `${Math.round(r.width)}x${Math.round(r.height)} ${e.outerHTML.slice(0, 70)}`)"""
        )
        assert small == [], (path, small)
        page.context.close()


def test_the_list_is_a_grid_for_readers(s: Stage) -> None:
    page = s.work()
    assert page.get_by_role("grid").count() == 1 and page.get_by_role("columnheader").count() == 10
    assert page.locator('.wrow[tabindex="0"]').count() == 1, "one stop for the Tab key"
    assert page.locator('.wrow > :not([role="gridcell"])').count() == 0
    assert page.locator('[aria-sort="descending"]').inner_text().startswith("Prio")


def test_keys_leave_text_fields_alone(s: Stage) -> None:
    page = s.work()
    page.keyboard.press("/")
    page.keyboard.type("jxhgw C-48250")
    assert page.input_value("#find") == "jxhgw C-48250" and page.locator(".wrow.sel").count() == 0
    page.fill("#find", "C-48250")
    page.keyboard.press("Enter")
    page.wait_for_selector("table.lines")
    page.keyboard.press("?")
    page.wait_for_selector("dialog >> text=Everywhere")
    page.keyboard.press("j")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_no_style_attributes(s: Stage) -> None:
    for user, path, sel in SCREENS:
        page = s.page(user=user, path=path)
        page.wait_for_selector(sel)
        assert page.locator("[style]").count() == 0, path
        page.context.close()


def test_focus_is_seen_and_not_covered(s: Stage) -> None:
    page = s.work(size=(1280, 720))
    for _ in range(14):
        page.keyboard.press("j")
    row, foot = page.locator('.wrow[aria-current="true"]').bounding_box(), page.locator(".foot-bar").bounding_box()
    assert row["y"] + row["height"] <= foot["y"] + 1
    for _ in range(14):
        page.keyboard.press("k")
    row, head = page.locator('.wrow[aria-current="true"]').bounding_box(), page.locator(".whead").bounding_box()
    assert row["y"] >= head["y"] + head["height"] - 1


# What the page's modules compute: module, expression, what must come out.
NOW = "Date.parse('2026-11-24T16:42:00Z')"
TABLE = [
    ("fmt", f"m.when('2026-11-24T21:00:00Z', 'America/Chicago', {NOW})", "Today 3:00 PM CT"),
    ("fmt", f"m.when('2026-11-26T19:40:00Z', 'America/New_York', {NOW})", "Thu 2:40 PM ET"),
    ("fmt", f"m.when('2026-12-04T22:00:00Z', 'America/New_York', {NOW})", "Fri Dec 4, 5:00 PM ET"),
    ("fmt", f"m.when('2026-11-25T18:00:00Z', 'America/Chicago', {NOW})", "Wed noon CT"),
    ("fmt", f"m.when('2026-11-25T06:00:00Z', 'America/Chicago', {NOW})", "Wed midnight CT"),
    ("fmt", f"m.due('2026-11-24T15:30:00Z', 'America/Chicago', {NOW}, true).text", "1 h 12 min over"),
    ("fmt", f"m.due('2026-11-24T16:20:00Z', 'America/Chicago', {NOW}, false).tone", "over"),
    ("fmt", f"m.due('2026-11-24T23:00:00Z', 'America/Chicago', {NOW}, false).tone", "soon"),
    ("fmt", "m.span(3 * m.HOUR + 5 * m.MINUTE)", "3 h 05 min"),
    ("fmt", "m.span(75 * m.HOUR)", "3 days 3 h"),
    ("fmt", "m.span(24 * m.HOUR)", "1 day"),
    ("fmt", "m.span(1000)", "under 1 min"),
    ("fmt", "m.date('2026-11-25')", "Wed Nov 25"),
    ("fmt", "m.date('2027-01-05', {thisYear: '2026'})", "Tue Jan 5, 2027"),
    ("fmt", "m.daysBetween('2026-10-31', '2026-11-02')", 2),
    ("fmt", "m.money('4218.5', true)", "$4,218.50"),
    ("fmt", "m.money('1234567.00')", "$1,234,567"),
    ("fmt", "m.money('')", ""),
    ("fmt", "m.units('1', 'UN')", "1 unit"),
    ("fmt", "m.units('0.5', 'UN')", "0.5 units"),
    ("fmt", "m.units('12', 'VS')", "12 visits"),
    ("fmt", "m.initials('Dr. N. Abara')", "NA"),
    ("fmt", "m.initials('l.tran')", "LT"),
    ("fmt", "m.service('J1745 Infliximab').code", "J1745"),
    ("fmt", "m.service('CTHEAD').text", "CTHEAD"),
    ("url", "m.format('work', '', {view: 'all', site: 'lks,nor', payer: ''})", "/work?site=lks,nor&view=all"),
    ("url", "m.long(m.short('01930000-0000-7000-8000-0000000000ff'))", "01930000-0000-7000-8000-0000000000ff"),
    ("url", "m.short('01930000-0000-7000-8000-0000000000ff').length", 26),
    ("url", "m.long('not an id')", "not an id"),
    (
        "dom",
        'String(m.html`<b title="${\'"<x>&\'}">${[m.html`<i>`, null, 0]}</b>`)',
        '<b title="&quot;&lt;x&gt;&amp;"><i>0</b>',
    ),
    (
        "dom",
        "String(m.tag('stop', '<script>'))",
        '<span class="tag stop"><svg class="i s t-stop" aria-hidden="true"><use href="#i-stop"/></svg><span>&lt;script&gt;</span></span>',
    ),
    (
        "compare",
        "m.differing('50 units', '40 units').map(String).join('|')",
        "<mark>50</mark> units|<mark>40</mark> units",
    ),
    (
        "compare",
        "m.differing('approval needed', 'pended').map(String).join('|')",
        "<mark>approval needed</mark>|<mark>pended</mark>",
    ),
    ("compare", "m.differing('22 Hospital', '22').map(String).join('|')", "22<mark> Hospital</mark>|22"),
    ("fmt", "m.cut('91f6dfd9-af64-4bab-8411-c0e87fdc9e8f')", "91f6dfd9…9e8f"),
    ("compare", "m.differing('72148', '72158').map(String).join('|')", "721<mark>4</mark>8|721<mark>5</mark>8"),
    ("compare", "m.differing('a', 'a').map(String).join('|')", "a|a"),
    (
        "select",
        "(() => { const x = new m.Selection(), o = ['a', 'b', 'c', 'd']; x.toggle('b'); x.extend('d', o); x.keep(['a', 'b', 'd', 'e']); return [...x.ids].join(); })()",
        "b,d",
    ),
    ("tracks", "String(m.segments(4, 4, 'stop')).match(/class=\"(\\w+)\"/g).length", 5),
    ("tracks", "(String(m.segments(30, 15, 'act')).match(/clear/g) ?? []).length", 6),
    ("list", "m.groupName('', 'past_due').join()", "stop,Past due"),
]


def test_what_modules_compute(s: Stage) -> None:
    page = s.work()
    wrong = []
    for module, expression, want in TABLE:
        got = page.evaluate(f"(name) => import(`/a/js/${{name}}.js`).then((m) => {expression})", module)
        if got != want:
            wrong.append((module, expression, got, want))
    assert not wrong, wrong
