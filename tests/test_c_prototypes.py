"""Reading one C declaration: shapes of types, attributes, alternatives; what comments and bodies tell of failure."""

from __future__ import annotations

import pytest

from rfl_lint.c.facts import CFunction, Failure, pack, unpack
from rfl_lint.c.prototypes import declared, parse_prototype
from rfl_lint.c.text import CText


def read(text: str, name: str = "f") -> CFunction | None:
    return declared(CText("include/linux/f.h", text.encode()), name.encode())


def sure(text: str, name: str = "f") -> CFunction:
    found = read(text, name)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("text", "returns", "parameters"),
    [
        ("int f(void);", "int", []),
        ("void f();", "void", []),
        ("int f(unsigned n);", "int", [("unsigned", "n")]),
        ("extern struct a *f(struct b *b, int);", "struct a *", [("struct b *", "b"), ("int", "")]),
        ("struct a *\nf(const char *s,\n  size_t n);", "struct a *", [("const char *", "s"), ("size_t", "n")]),
        ("const struct a *f(struct a const *x);", "const struct a *", [("struct a const *", "x")]),
        ("int f(int (*call)(void *, int), void *p);", "int", [("int (*)(void *, int)", "call"), ("void *", "p")]),
        ("int f(u8 key[16], char *list[]);", "int", [("u8 [16]", "key"), ("char * []", "list")]),
        ("void f(struct a **at);", "void", [("struct a **", "at")]),
        ("void f(const char *const *names);", "void", [("const char *const *", "names")]),
        ("static inline u64 f(__u64 a, __le32 b) { return a; }", "u64", [("__u64", "a"), ("__le32", "b")]),
        ("int f(enum kind k, union u u);", "int", [("enum kind", "k"), ("union u", "u")]),
        ("int f(int a /* first */, // rest\n int b);", "int", [("int", "a"), ("int", "b")]),
        ("unsigned long long f(long long *p);", "unsigned long long", [("long long *", "p")]),
        ("void __iomem *f(phys_addr_t at, size_t n);", "void *", [("phys_addr_t", "at"), ("size_t", "n")]),
        ("bool f(const cpumask_var_t mask);", "bool", [("const cpumask_var_t", "mask")]),
        ("void *f(DECL_SIZE_PARAMS(size, more), gfp_t gfp);", "void *", [("size_t", "size"), ("gfp_t", "gfp")]),
    ],
)  # fmt: skip
def test_types_and_names(text: str, returns: str, parameters: list[tuple[str, str]]) -> None:
    function = sure(text)
    assert (function.returns, [(item.type, item.name) for item in function.parameters]) == (
        returns,
        parameters,
    )


@pytest.mark.parametrize(
    "text",
    [
        "int __must_check f(struct a *a);",
        "__printf(1, 2) int f(struct a *a);",
        "__printf(1, 2)\nint f(struct a *a);",
        "asmlinkage __visible int notrace f(struct a __user *a);",
        "int f(struct a *a) __attribute__((nonnull(1, (2)))) __cold;",
        "static __always_inline __alloc_size(1) int f(struct a *a __maybe_unused)\n{\n\treturn 0;\n}",
        "LIB_API int f(struct a *a);",
        "DEFINE_THING(x)\nint f(struct a *a);",
        "DEFINE_FREE(f, struct a *, if (x(_T)) y(_T))\n\nextern int f(struct a *a);",
        "#define f2(a) \\\n\tf(a)\nint f(struct a *a);",
        "/* int f(long); */\nint f(struct a *a);",
        'extern "C" {\n  int f(struct a *a);\n}',
        "void g(void)\n{\n\tif (x)\n\t\ty = f(a);\n\telse f(a);\n\treturn f(a);\n}\nint f(struct a *a);",
        "int f (struct a *a);",
        "int rust_helper_f(struct a *a)\n{\n\treturn f(a);\n}",
    ],
)
def test_decoration_and_surroundings_make_no_difference(text: str) -> None:
    function = sure(text)
    assert (function.name, function.returns) == ("f", "int")
    assert [item.type for item in function.parameters] == ["struct a *"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f(x);",
        "#define f(x) g(x)\n",
        "/* int f(int x); */",
        'char *s = "int f(int);";',
        "int (*f)(int);",
        "typedef int f(int);",
        "int a = f(1);",
        "void g(void)\n{\n  else f(waiter);\n  int f(int);\n}\n",
        "int f(a, b) int a; char *b; { return 0; }",
        "int f(int a",
        "int f(STRANGE(x, y) z, int);",
        "int fx(int); int xf(int);",
        "struct ops {\n\tint f(int);\n};",
        "#if 0\nint f(int);\n#endif\n",
        "one two three f(int);",
    ],
)
def test_what_declares_nothing(text: str) -> None:
    assert read(text) is None


def test_const_is_that_of_what_the_outermost_pointer_points_to() -> None:
    function = sure(
        "void f(const char *a, char const *b, char *const c, const char **d, char *const *e, const int n,"
        " const u8 k[4], const char *const v[], int (*const cb)(const void *), irq_handler_t h, dma_addr_t m);"
    )
    assert [item.is_pointer for item in function.parameters] == [True] * 5 + [False] + [True] * 4 + [False]
    assert [item.name for item in function.parameters if item.is_const] == ["a", "b", "e", "k", "v"]


def test_variadic_must_check_and_place() -> None:
    function = sure("\n\nint __must_check f(const char *fmt, ...);")
    assert (function.variadic, function.must_check, function.line, function.header) == (
        True,
        True,
        3,
        "include/linux/f.h",
    )
    assert not sure("int f(int x);").must_check
    assert not sure("int f(int x);").variadic


def test_gfp_and_flags() -> None:
    assert sure("void *f(size_t n, gfp_t, unsigned long flags);").gfp == 1
    assert sure("void *f(size_t n, gfp_t flags, unsigned long attrs);").flags == -1
    assert sure("int f(struct a *a, unsigned int open_flags);").flags == 1
    assert sure("int f(unsigned long *flags, struct my_flags flags);").flags == -1
    restore = sure("void f_irqrestore(spinlock_t *lock, unsigned long flags);", "f_irqrestore")
    assert (restore.gfp, restore.flags) == (-1, -1)


def test_where_the_option_is_on_wins() -> None:
    on, off = "int f(struct a *a, int n);", "static inline int f(struct a *a)\n{\n\treturn -ENODEV;\n}"
    for text in (
        f"#ifdef CONFIG_F\n{on}\n#else\n{off}\n#endif",
        f"#ifndef CONFIG_F\n{off}\n#else\n{on}\n#endif",
        f"#if IS_ENABLED(CONFIG_F)\n{on}\n#else\n{off}\n#endif",
        f"#if 0\n{off}\n#else\n{on}\n#endif",
        f"#ifndef GUARD\n#if !defined(CONFIG_F)\n{off}\n#else /* on */\n{on}\n#endif\n#endif",
    ):
        assert len(sure(text).parameters) == 2, text


def test_alternatives_that_differ_tell_nothing() -> None:
    assert read("#ifdef ODD\nint f(int a);\n#else\nint f(long a);\n#endif") is None
    assert read("#ifdef ODD\nint f(int a);\n#else\nvoid f(int a);\n#endif") is None
    assert sure("int f(int);\n#ifdef ODD\nint f(int a);\n#endif").parameters[0].name == "a"


def test_a_stub_tells_an_error_number_and_not_null() -> None:
    stub = "#else\nstatic inline {}f(void)\n{{\n\treturn {};\n}}\n#endif"
    assert sure("#ifdef CONFIG_F\nint f(void);\n" + stub.format("int ", "-ENODEV")).failure is Failure.ERRNO
    assert (
        sure("#ifdef CONFIG_F\nvoid *f(void);\n" + stub.format("void *", "NULL")).failure is Failure.UNKNOWN
    )
    pointer = stub.format("void *", "ERR_PTR(-ENODEV)")
    assert sure("#ifdef CONFIG_F\nvoid *f(void);\n" + pointer).failure is Failure.ERR_PTR


@pytest.mark.parametrize(
    ("declaration", "comment", "failure"),
    [
        ("void f(int x);", "Return: nothing, -EINVAL never", Failure.NONE),
        ("int f(int x);", "", Failure.UNKNOWN),
        ("int f(int x);", "Return: 0 on success or a negative errno.", Failure.ERRNO),
        ("int f(int x);", "Returns zero, or -ENOMEM if memory is short.", Failure.ERRNO),
        ("int f(int x);", "Return: 1 if the timer ran, 0 otherwise.", Failure.UNKNOWN),
        ("int f(int x);", "Takes a negative number.", Failure.UNKNOWN),
        ("int f(int x);", "Return: how many.\n *\n * Context: no negative errno.", Failure.UNKNOWN),
        ("u32 f(int x);", "Return: 0 or an error code.", Failure.UNKNOWN),
        ("struct a *f(int x);", "Return: the thing, NULL if there is none.", Failure.NULL),
        ("struct a *f(int x);", "Return: the thing, never NULL.", Failure.UNKNOWN),
        ("struct a *f(int x);", "Return: the thing or an ERR_PTR().", Failure.ERR_PTR),
        ("struct a *f(int x);", "Return: NULL where there is none, an error pointer on failure.", Failure.ERR_PTR),
        ("struct a *f(int x);", "@x: NULL is not allowed", Failure.UNKNOWN),
    ],
)  # fmt: skip
def test_what_a_comment_tells(declaration: str, comment: str, failure: Failure) -> None:
    assert sure(f"/**\n * f - does it\n *\n * {comment}\n */\n{declaration}").failure is failure


def test_a_comment_about_something_else_or_further_up_tells_nothing() -> None:
    other = "/**\n * g() - another\n *\n * Return: -EINVAL.\n */\n"
    assert sure(other + "int f(int x);").failure is Failure.UNKNOWN
    mine = "/* Returns -EINVAL. */\n"
    assert sure(mine + "int f(int x);").failure is Failure.ERRNO
    assert sure(mine + "\n\nint f(int x);").failure is Failure.UNKNOWN
    assert sure(mine + "struct b;\nint f(int x);").failure is Failure.UNKNOWN


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("static inline int f(int x)\n{\n\tif (x)\n\t\treturn -EINVAL;\n\treturn 0;\n}", Failure.ERRNO),
        ("static inline int f(int x) { return -EINVAL; }", Failure.ERRNO),
        ("static inline int f(int x) { return 0; }\nint g(void) { return -EINVAL; }", Failure.UNKNOWN),
        ("static inline void *f(int x)\n{\n\tif (x)\n\t\treturn NULL;\n\treturn g();\n}", Failure.NULL),
        ("static inline void *f(int x)\n{\n\treturn x ? g() : ERR_PTR(-EIO);\n}", Failure.UNKNOWN),
        ("static inline void *f(int x)\n{\n\treturn ERR_PTR(-EIO);\n}", Failure.ERR_PTR),
        ("static inline void *f(int x)\n{\n\tn = ERR_PTR(-EIO);\n\treturn n;\n}", Failure.ERR_PTR),
        ("static inline void *f(int x)\n{\n\tif (g == ERR_PTR(-EIO))\n\t\treturn NULL;\n}", Failure.UNKNOWN),
        ("static inline void *f(int x)\n{\n\treturn IS_ERR(g()) ? NULL : g();\n}", Failure.UNKNOWN),
    ],
)
def test_what_a_body_tells(text: str, failure: Failure) -> None:
    assert sure(text).failure is failure


@pytest.mark.parametrize(
    ("macros", "types"),
    [
        ("#define f(...) alloc_hooks(f_noprof(__VA_ARGS__))", ["size_t", "gfp_t", "int"]),
        ("#define f(n, g) \\\n\talloc_hooks(f_noprof(n, g, NODE))", ["size_t", "gfp_t"]),
        ("#define f(g, n) alloc_hooks(f_noprof(PASS_SIZE_PARAMS(n, t(n)), g, NODE))", ["gfp_t", "size_t"]),
        ("#define f(...) f2(__VA_ARGS__, N)\n#define f2(a, b, c) alloc_hooks(f_noprof(a, b, c))", ["size_t", "gfp_t"]),
        ("#define f(a) f_node(a, 1, 2)\n#define f_node(...) alloc_hooks(f_noprof(__VA_ARGS__))", ["size_t"]),
    ],
)  # fmt: skip
def test_macros_around_allocations(macros: str, types: list[str]) -> None:
    text = f"void *f_noprof(size_t n, gfp_t flags, int node) __alloc_size(1);\n{macros}\n"
    function = sure(text)
    assert (function.name, [item.type for item in function.parameters]) == ("f", types)


@pytest.mark.parametrize(
    "macros",
    [
        "#define f(n, g) alloc_hooks(f_noprof(n, (g) | ZERO, NODE))",
        "#define f(n, g) alloc_hooks(f_noprof(n, n, g))",
        "#define f(n, g) ({ f_noprof(n, g, 1); })",
        "#define f(n, g) f(g, n)",
        "#define f(n, g) alloc_hooks(elsewhere_noprof(n, g))",
    ],
)
def test_macros_that_do_more_are_not_followed(macros: str) -> None:
    assert read(f"void *f_noprof(size_t n, gfp_t flags, int node);\n{macros}\n") is None


def test_an_allocation_whose_macro_stands_elsewhere() -> None:
    assert sure("void *f_noprof(size_t n, gfp_t flags);").gfp == 1
    assert read("void *__f_noprof(size_t n, gfp_t flags);") is None


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (b"/*" * 200_000, False),
        (b"f(" * 200_000, False),
        (b"int f(" + b"(" * 200_000, False),
        (b"{" * 400_000 + b"int f(int);", False),
        (b"#if CONFIG_A\n" * 50_000 + b"int f(int);", True),
        (b'"' * 300_000 + b"\nint f(int);", True),
        (bytes(range(256)) * 1_000 + b"f(", False),
        (b"__x(" * 100_000 + b" f(int);", False),
        (b"#define f(" + b"," * 200_000 + b") _noprof", False),
    ],
    ids=range(9),
)
@pytest.mark.timeout(20)
def test_hostile_texts_end_soon(text: bytes, known: bool) -> None:
    assert (declared(CText("h", text), b"f") is not None) is known


def test_one_declaration_by_itself() -> None:
    function = parse_prototype(
        b"int f(struct a *a)", "f", header="x.rs", line=7, comment="/* Returns -EIO. */"
    )
    assert function is not None
    assert (function.header, function.line, function.failure) == ("x.rs", 7, Failure.ERRNO)
    assert parse_prototype(b"int g(void)", "f", header="x.rs", line=1) is None


def test_packing_loses_nothing() -> None:
    function = sure("int __must_check f(const struct a *a, gfp_t gfp, int (*cb)(void), ...) __cold;")
    assert unpack("f", pack(function)) == function
    with pytest.raises((TypeError, ValueError)):
        unpack("f", ["int", "no list", "h", 0, "unknown", 0, []])
    with pytest.raises(ValueError, match="strange"):
        unpack("f", ["int", [], "h", 0, "strange", 0, []])
