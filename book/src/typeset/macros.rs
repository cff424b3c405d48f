//! The book's own TeX commands, in one table for both renderings.

/// A command: its name with the backslash, and what it stands for with `#1`, `#2` for its arguments.
pub(super) struct Macro {
    pub name: &'static str,
    pub body: &'static str,
    /// What it stands for in MathML, which spaces by its own rules.
    pub mathml: &'static str,
}

impl Macro {
    /// The number of arguments: the largest `#n` in the body.
    pub fn arguments(&self) -> usize {
        let digit = |pair: &[u8]| match pair {
            [b'#', digit] => usize::from(digit - b'0'),
            _ => 0,
        };
        self.body.as_bytes().windows(2).map(digit).max().unwrap_or(0)
    }

    /// The definition for MathML, in TeX: `\def\norm#1{…}`.
    pub fn definition(&self) -> String {
        let parameters: String = (1..=self.arguments()).map(|n| format!("#{n}")).collect();
        format!("\\def{}{parameters}{{{}}}", self.name, self.mathml)
    }
}

const fn stands_for(name: &'static str, body: &'static str) -> Macro {
    Macro { name, body, mathml: body }
}

/// Every command of the book, sorted by name.
pub(super) const MACROS: &[Macro] = &[
    stands_for(r"\1", r"\mathbf{1}"),
    stands_for(r"\Cov", r"\operatorname{Cov}"),
    stands_for(r"\E", r"\mathbb{E}"),
    stands_for(r"\KL", r"D_{\mathrm{KL}}"),
    stands_for(r"\N", r"\mathbb{N}"),
    stands_for(r"\Normal", r"\mathcal{N}"),
    stands_for(r"\P", r"\mathbb{P}"),
    stands_for(r"\R", r"\mathbb{R}"),
    stands_for(r"\T", r"\mathsf{T}"),
    stands_for(r"\Var", r"\operatorname{Var}"),
    stands_for(r"\Z", r"\mathbb{Z}"),
    stands_for(r"\abs", r"\left|#1\right|"),
    stands_for(r"\argmax", r"\operatorname*{arg\,max}"),
    stands_for(r"\argmin", r"\operatorname*{arg\,min}"),
    Macro { name: r"\dd", body: r"\mathop{}\!\mathrm{d}", mathml: r"\mathrm{d}" },
    stands_for(r"\diag", r"\operatorname{diag}"),
    stands_for(r"\div", r"\operatorname{div}"),
    stands_for(r"\e", r"\mathrm{e}"),
    stands_for(r"\inner", r"\left\langle #1,#2\right\rangle"),
    stands_for(r"\norm", r"\left\|#1\right\|"),
    stands_for(r"\sgn", r"\operatorname{sgn}"),
    stands_for(r"\tr", r"\operatorname{tr}"),
];
