"""What is held where: each call `x("ab")` says which of the locks `a` and `b` are certainly held when it runs."""

from __future__ import annotations

import pytest

from rfl_lint.analysis.code.calls import call_of
from rfl_lint.analysis.context.functions import held_at
from rfl_lint.facts import extract_facts
from rfl_lint.index import Index
from rfl_lint.rule import Context
from rfl_lint.source import SourceFile
from rfl_lint.syntax import parse_file
from rfl_lint.tree import KernelTree, Role

HEAD = """
use kernel::{bindings, prelude::*, sync::{rcu, CondVar, Mutex, SpinLock, MutexGuard, SpinLockGuard}};
use kernel::{types::ScopeGuard, revocable::Revocable};
struct S { a: SpinLock<V>, b: SpinLock<V>, m: Mutex<V>, r: Revocable<u32>, c: CondVar }
impl S {
"""


def context(text: str) -> Context:
    parsed = parse_file(SourceFile("drivers/t.rs", text.encode()))
    facts = extract_facts(parsed)
    return Context(parsed, KernelTree(), Role.DRIVER, facts, Index([facts]))


def wrong(body: str) -> list[str]:
    """The marks in the body of a method that do not say what is held."""
    function = body if body.lstrip().startswith("fn ") else "fn f(&self, n: u32) -> Result {" + body + "}"
    cx = context(HEAD + function + "}")
    assert not cx.parsed.root.has_error, body
    found: list[str] = []
    marks = 0
    for fragment in cx.parsed.fragments:
        for node in fragment.find(frozenset({"call_expression"})).get("call_expression", ()):
            call = call_of(node, cx.parsed)
            if call is None or call.name != "x":
                continue
            marks += 1
            said = cx.text(call.arguments[0]).strip('"')
            held = "".join(sorted(_letter(each.path, each.what) for each in held_at(node, cx)))
            if held != said:
                found.append(f'x("{said}") is under "{held}"')
    assert marks
    return found


def _letter(path: str, what: str) -> str:
    if path:
        return path.rpartition(".")[2]
    return "R" if "RCU" in what else "P"


NAMED = """
    let g = self.a.lock(); x("a"); drop(g); x("");
    let g = self.a.lock(); { let h = self.b.lock(); x("ab"); } x("a");
    { let g = self.a.lock(); x("a"); } x("");
    { let _g = self.a.lock(); x("a"); } x("");
    let _ = self.a.lock(); x("");
    let _ = x(""); x("");
    let g = self.a.lock(); let _ = g; x("a");
    let g = self.a.lock(); g.len(); x("a");
    let g = self.a.lock(); let n = g.len + *g; x("a");
    let g = self.a.lock(); take(&g, &mut *g); x("a");
    let g = self.a.lock(); take(g); x("");
    let g = self.a.lock(); S { g }; x("");
    let g = self.a.lock(); let t = (g, 1); x("");
    let g = self.a.lock(); let h = g; x("a"); drop(g); x("a"); drop(h); x("");
    let g = self.a.lock(); let g = self.b.lock(); x("ab"); drop(g); x("a");
    let g = self.a.lock(); core::mem::drop(g); x("");
    let g = self.a.lock(); core::mem::forget(g); x("");
    let mut g = self.a.lock(); g = self.b.lock(); x("b"); drop(g); x("");
    let mut g = self.a.lock(); drop(g); x(""); g = self.b.lock(); x("b");
    let mut g = self.a.lock(); g = y(x("a")); x("");
    let g; if n > 0 { g = self.a.lock(); } else { return Ok(()); } x("a");
    let g; if n > 0 { g = self.a.lock(); } else { g = self.b.lock(); } x("");
    let g = { let h = self.a.lock(); x("a"); h }; x("a"); drop(g); x("");
    let g = unsafe { self.a.lock() }; x("a");
    let g = (self.a.lock()); x("a");
    let mut g: SpinLockGuard<'_, V> = self.a.lock(); x("a");
    let (g, n) = (self.a.lock(), 1); x("");
    let o = Some(self.a.lock()); x("a"); drop(o); x("");
    let mut o = Some(self.a.lock()); x("a"); o = None; x("");
    let mut o = Some(self.a.lock()); let h = o.take(); x("a"); drop(h); x("");
    self.a.lock(); x("");
    let g = self.a.lock(); return Ok(x("a"));
    let g = self.a.lock(); x("a")?; x("a"); y()?; x("a");
    let g = self.m.lock(); x("m"); let h = self.a.lock(); x("am");
    let g = { x(""); self.a.lock() }; x("a");
    let g = self.a.lock(); { drop(g); } x("");
    let g = self.a.lock(); { let g = self.b.lock(); drop(g); x("a"); } x("a");
"""

TEMPORARIES = """
    take(self.a.lock().n, x("a")); x("");
    self.a.lock().push(x("a")); x("");
    self.a.lock().n = x(""); x("");
    *self.a.lock() = x("");
    *self.a.lock() += x("");
    let n = self.a.lock().n; x("");
    let n = self.a.lock().get(x("a")); x("");
    let n = y(&self.a.lock(), x("a")); x("");
    let r = &self.a.lock(); x("a");
    let r = &self.a.lock().n; x("a");
    let r = &mut *self.a.lock(); x("a"); drop(r); x("a");
    let r = &self.a.lock()[0]; x("a");
    { let r = &self.a.lock(); x("a"); } x("");
    let r = &!self.a.lock().n; x("");
    let r = y(&self.a.lock()); x("");
    let r = -self.a.lock().n; x("");
    let _ = &self.a.lock(); x("a");
    if self.a.lock().n > 0 { x(""); } else { x(""); }
    if self.a.lock().n > 0 && x("") { x(""); }
    if n > 0 || self.a.lock().is(x("a")) { x(""); }
    let ok = self.a.lock().is(x("a")) && x(""); x("");
    while self.a.lock().n > 0 { x(""); }
    if let Some(v) = self.a.lock().first() { x("a"); } else { x("a"); } x("");
    if let Some(v) = self.a.lock().first() && x("a") { x("a"); } x("");
    while let Some(v) = self.a.lock().pop() { x("a"); } x("");
    match self.a.lock().n { 0 => x("a"), _ => { x("a"); } } x("");
    let k = match self.a.lock().n { 0 => x("a"), _ => 1 }; x("");
    match &*self.a.lock() { v => x("a") } x("");
    for v in self.a.lock().iter() { x("a"); } x("");
    let k = if n > 0 { self.a.lock().get(x("a")) } else { x("") }; x("");
    let Some(v) = self.a.lock().first(x("a")) else { x(""); return Ok(()); }; x("");
    let k = { self.a.lock().get() } + x("a"); x("");
    let k = { self.a.lock().get(); 1 } + x(""); x("");
    match n { 0 => self.a.lock().len(x("a")), _ => x("") }; x("");
    match n { k if self.a.lock().has(k) => x(""), _ => x("") }; x("");
    match self.a.lock() { g => { x("a"); drop(g); x(""); } } x("");
    match self.a.lock() { _ => { x("a"); } } x("");
    pr_info!("{}", self.a.lock().n); x("");
    take(self.a.lock(), x("")); x("");
    let k = self.a.lock().n as usize + x("a"); x("");
    self.a.lock().v[x("a")] = 1;
    return y(self.a.lock().n, x("a"));
"""

TRIES = """
    let g = self.a.try_lock(); x("");
    if let Some(g) = self.a.try_lock() { x("a"); } else { x(""); } x("");
    if let Some(_) = self.a.try_lock() { x("a"); } x("");
    if let Some(_g) = self.a.try_lock() && x("") { x("a"); }
    if self.a.try_lock().is_some() { x(""); }
    let Some(g) = self.a.try_lock() else { x(""); return Ok(()); }; x("a");
    let g = match self.a.try_lock() { Some(g) => g, None => return Err(EBUSY) }; x("a"); drop(g); x("");
    let g = match self.a.try_lock() { Some(g) => { x("a"); g } None => { x(""); return Ok(()) } }; x("a");
    match self.a.try_lock() { None => { x(""); } Some(g) => { x("a"); } } x("");
    match self.a.try_lock() { Some(g) if x("a") => x("a"), _ => x("") } x("");
    let g = self.a.try_lock().ok_or(EBUSY)?; x("a");
    let g = self.a.try_lock().ok_or_else(|| x(""))?; x("a");
    let g = self.a.try_lock().unwrap(); x("a");
    let g = self.a.try_lock()?; x("a");
    let g = self.a.try_lock(); if let Some(h) = g { x("a"); } x("");
    let g = self.a.try_lock(); if let Some(h) = &g { x("a"); } else { x(""); }
    let mut g = self.a.try_lock(); if let Some(h) = g.as_mut() { x("a"); drop(h); x("a"); }
    let g = self.a.try_lock(); match g { Some(h) => { drop(h); x(""); } None => x("") }
    let g = loop { if let Some(g) = self.a.try_lock() { break g; } x(""); }; x("a");
    while let Some(g) = self.a.try_lock() { x("a"); } x("");
    let Some(inner) = self.r.try_access() else { x(""); return Ok(()); }; x("R");
    let inner = self.r.try_access().ok_or(ENODEV)?; x("R"); drop(inner); x("");
    let g = if n > 0 { Some(self.a.lock()) } else { None }; x("");
"""

BRANCHES = """
    let o; if n > 0 { o = Some(self.a.lock()); } else { o = self.a.try_lock(); } x("");
    let g = self.a.lock(); n > 0 && return Ok(()); x("a");
    if let Some(g) = self.a.try_lock() { x("a"); } else { return Ok(()); } x("");
    match self.a.try_lock() { Some(g) => { x("a"); } None => return Ok(()) } x("");
    let o = Some(self.a.lock()); if let Some(h) = o { x("a"); drop(h); x(""); }
    let o = Some(self.a.lock()); match o { Some(h) => { drop(h); x(""); } None => {} } x("");
    let g = self.a.lock(); match g { h => { x("a"); drop(h); x(""); } }
    let g = { match n { _ => self.a.lock() } }; x("a");
    let g = { if n > 0 { self.a.lock() } else { return Ok(()); } }; x("a");
    let g = self.a.lock(); if n > 0 { drop(g); x(""); } else { x("a"); } x("");
    let g = self.a.lock(); if n > 0 { drop(g); return Ok(()); } x("a");
    let g = self.a.lock(); if n > 0 { drop(g); return Err(EINVAL); } else { x("a"); } x("a");
    let g = self.a.lock(); if n > 0 { drop(g); panic!("n"); } x("a");
    let g = self.a.lock(); match n { 0 => drop(g), 1 => return Ok(()), _ => { x("a"); } } x("");
    let g = self.a.lock(); match n { 0 => { drop(g); return Ok(()); } _ => {} } x("a");
    let g = if n > 0 { self.a.lock() } else { return Ok(()) }; x("a");
    let g = match n { 0 => return Ok(()), _ => self.a.lock() }; x("a");
    let g = self.a.lock(); let k = n > 0 && done(g); x("");
    let g = self.a.lock(); 'q: { if n > 0 { drop(g); break 'q; } x("a"); } x("");
    let g = self.a.lock(); 'q: { let h = self.b.lock(); if n > 0 { x("ab"); break 'q; } x("ab"); } x("a");
    let g = self.a.lock(); let h = 'q: { if n > 0 { break 'q g; } drop(g); self.a.lock() }; x("a");
    let g = self.a.lock(); 'q: { loop { if n > 0 { drop(g); break 'q; } } } x("");
    let g = self.a.lock(); if let Some(k) = y() { drop(g); } x("");
    if n > 0 { let g = self.a.lock(); x("a"); } x("");
    match n { 0 => { let g = self.a.lock(); x("a"); } _ => x("") } x("");
"""

LOOPS = """
    while let Some(v) = self.a.lock().pop() { if v { break; } x("a"); } x("");
    loop { match self.a.lock().n { 0 => break, _ => x("a") } x(""); } x("");
    let g = self.a.lock(); loop { x("a"); if n > 0 { break; } } x("a");
    let g = self.a.lock(); loop { if n > 0 { drop(g); break; } x("a"); } x("");
    let mut g = self.a.lock(); loop { x("a"); drop(g); x(""); g = self.a.lock(); x("a"); if y() { break; } } x("a");
    let mut g = self.a.lock(); while y() { drop(g); x(""); g = self.a.lock(); } x("a");
    let mut g = self.a.lock(); while y() { x(""); drop(g); if n > 0 { continue; } g = self.a.lock(); } x("");
    let mut g = self.a.lock(); for i in 0..n { x(""); drop(g); g = self.b.lock(); } x("");
    loop { let g = self.a.lock(); x("a"); if y() { continue; } x("a"); if n > 0 { break; } } x("");
    for i in 0..n { x(""); let g = self.a.lock(); x("a"); } x("");
    let g = self.a.lock(); for i in 0..n { x("a"); } x("a");
    let g = self.a.lock(); for i in 0..n { if y() { drop(g); return Ok(()); } x("a"); } x("a");
    'o: loop { let g = self.a.lock(); loop { x("a"); if y() { break 'o; } if n > 0 { continue 'o; } } } x("");
    'o: for i in 0..n { let g = self.a.lock(); for k in 0..n { x("a"); continue 'o; } x("a"); } x("");
    let g = self.a.lock(); let mut h = self.b.lock(); loop { x("a"); drop(h); h = y(); }
    let mut h = self.a.lock(); let mut g = self.b.lock(); let mut k = self.m.lock();
        while y() { x(""); h = g; g = k; k = z(); } x("");
    while y() { let Some(g) = self.a.try_lock() else { continue; }; x("a"); } x("");
    loop { return Ok(x("")); }
"""

CLOSURES = """
    let mut g = self.a.lock(); o.map_or(Ok(()), |k| { drop(g); y()?; g = self.a.lock(); Ok(()) }); x("");
    let g = self.a.lock(); o.map_or(0, move |k| g.n + x("a")); x("");
    let g = self.a.lock(); o.map_or(0, |k| g.n + x("a")); x("a");
    let g = self.a.lock(); o.map_or(0, move |k| k + x("a")); x("a");
    let g = self.a.lock(); o.map(|k| x("a")); x("a");
    let g = self.a.lock(); let k = o.map(|k| { x("") }); x("a");
    let g = self.a.lock(); let o: Option<u32> = y(); let k = o.map(|k| { x("a") }); x("a");
    let g = self.a.lock(); let k = o.map_or(0, |k| { x("a") }); x("a");
    let g = self.a.lock(); let it = v.iter().map(|k| x("")); drop(g); x("");
    let g = self.a.lock(); let k = v.iter().map(|k| x("a")).filter(|k| x("a")).count();
    let g = self.a.lock(); for k in v.iter().map(|k| x("a")) { }
    let g = self.a.lock(); v.iter().for_each(|k| { let h = self.b.lock(); x("ab"); }); x("a");
    let g = self.a.lock(); queue(|| x("")); x("a");
    let g = self.a.lock(); queue(move || { drop(g); x(""); }); x("");
    let g = self.a.lock(); queue(|| { let h = self.b.lock(); x("b"); }); x("a");
    let g = self.a.lock(); (|| x("a"))(); x("a");
    let g = self.a.lock(); o.unwrap_or_else(|| { drop(g); x(""); }); x("");
    let g = self.a.lock(); o.map_or((), |k| { if k { drop(g); return; } x("a"); }); x("");
    let g = self.a.lock(); o.and_then(|k| { if k { return None; } x("a"); Some(1) }); x("a");
    let g = self.a.lock(); let work = async { x("") }; x("a");
    let g = self.a.lock(); let work = async move { g.n; x("") }; x("");
    let g = self.a.lock(); fn inner() { x(""); } x("a");
    let mut g = self.a.lock(); g.do_unlocked(|| x("")); x("a");
    let h = self.b.lock(); let mut g = self.a.lock(); g.do_unlocked(|| x("b")); x("ab");
    self.r.try_access_with(|v| x("R")); x("");
    let g = self.a.lock(); for k in v { o.map_or((), |q| { loop { if q { break; } x("a"); } }); x("a"); } x("a");
    let s = ScopeGuard::new_with_data(self.a.lock(), |g| { x(""); }); x("a"); drop(s); x("");
    let s = ScopeGuard::new_with_data(self.a.lock(), |g| {}); let g = s.dismiss(); x("a"); drop(g); x("");
    let s = ScopeGuard::new(|| { x(""); }); x("");
"""

SECTIONS = """
    let g = rcu::read_lock(); x("R"); drop(g); x("");
    let g = rcu::read_lock(); g.unlock(); x("");
    let g = rcu::Guard::new(); x("R");
    let _ = rcu::read_lock(); x("");
    { let _g = rcu::read_lock(); x("R"); } x("");
    unsafe { bindings::spin_lock(p.a) }; x("a"); unsafe { bindings::spin_unlock(p.a) }; x("");
    unsafe { bindings::spin_lock(p.a); bindings::spin_lock(p.b); bindings::spin_unlock(p.b) }; x("a");
    unsafe { bindings::spin_lock(p.a); bindings::spin_lock(p.b); bindings::spin_unlock(q) }; x("");
    unsafe { bindings::spin_lock(p.a) }; if n > 0 { unsafe { bindings::spin_unlock(p.a) }; } x("");
    if n > 0 { unsafe { bindings::spin_lock(p.a) }; } x("");
    unsafe { bindings::spin_lock(p.a) }; self.unlock(); x("");
    unsafe { bindings::mutex_lock(p.m) }; x("m"); unsafe { bindings::spin_lock(p.a) }; x("am");
    unsafe { bindings::spin_lock(p.a) };
        { let s = ScopeGuard::new(|| unsafe { bindings::spin_unlock(p.a) }); x("a"); } x("");
    unsafe { bindings::spin_lock(p.a) }; queue(move || unsafe { bindings::spin_unlock(p.a) }); x("");
    unsafe { bindings::rcu_read_lock() }; x("P"); unsafe { bindings::rcu_read_unlock() }; x("");
    unsafe { bindings::preempt_disable() }; x("P"); unsafe { bindings::preempt_enable() }; x("");
"""

MACROS = """
    let g = self.a.lock(); pr_info!("{}", x("a")); x("a");
    let g = self.a.lock(); pr_info!("{}", g); x("a");
    let g = self.a.lock(); swallow!(g); x("");
    let g = self.a.lock(); swallow!(g, y()); x("");
    let g = self.a.lock(); assert!(g.n > 0 && check(&g)); x("a");
    let g = self.a.lock(); let i = pin_init!(T { n: x("") }); x("a");
    let g = self.a.lock(); let i = pin_init!(T { n: g }); x("");
    let g = self.a.lock(); assert!(x("a")); x("a");
"""

FUNCTIONS = """
    fn f(&self, g: &mut SpinLockGuard<'_, V>) { x("P"); drop(g); x("P"); }
    fn f(&self, g: SpinLockGuard<'_, V>) { x("P"); drop(g); x(""); }
    fn f(&self, g: MutexGuard<'_, V>) { x("P"); }
    fn f(&self, g: &rcu::Guard) { x("P"); take(g); x("P"); }
    fn f(&self, g: Option<SpinLockGuard<'_, V>>) { x(""); }
    fn f(&self, g: &V) { x(""); }
    fn f(&self, g: &rcu::Guard) { queue(move || take(g)); x("P"); }
    fn f(&self, l: &SpinLock<V>) { let g = l.lock(); x("l"); }
    fn f(l: Pin<&SpinLock<V>>) { let g = l.lock(); x("l"); }
    fn f(l: Arc<SpinLock<V>>) { let g = l.lock(); x("l"); }
    fn f<T>(l: &T) { let g = l.lock(); x(""); }
"""


def _cases(*texts: str) -> list[str]:
    """One case in each line, and in those that are indented further."""
    lines = [line for text in texts for line in text.split("\n    ") if line.strip()]
    cases: list[str] = []
    for line in lines:
        if line.startswith("    "):
            cases[-1] += line.rstrip()
        else:
            cases.append(line.rstrip())
    return cases


ALL = _cases(NAMED, TEMPORARIES, TRIES, BRANCHES, LOOPS, CLOSURES, SECTIONS, MACROS, FUNCTIONS)


@pytest.mark.parametrize("body", ALL)
def test_held(body: str) -> None:
    assert wrong(body) == []
