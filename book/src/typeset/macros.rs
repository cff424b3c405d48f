//! The book's own TeX commands, in one table for both renderings.

/// A command: its name with the backslash, and what it stands for with `#1`, `#2` for its arguments.
pub(super) struct Macro {
    pub name: &'static str,
    pub arguments: usize,
    pub body: &'static str,
    /// What it stands for in MathML, which spaces by its own rules.
    pub mathml: &'static str,
}

impl Macro {
    /// Whether `tex` begins with a call of this command, not of one whose name is longer.
    pub fn begins(&self, tex: &str) -> bool {
        let is_letter = |character: char| character.is_ascii_alphabetic();
        tex.strip_prefix(self.name)
            .is_some_and(|rest| !(self.name.ends_with(is_letter) && rest.starts_with(is_letter)))
    }

    /// The definition for MathML, in TeX: `\def\norm#1{…}`.
    pub fn definition(&self) -> String {
        let parameters: String = (1..=self.arguments).map(|n| format!("#{n}")).collect();
        format!("\\def{}{parameters}{{{}}}", self.name, self.mathml)
    }
}

const fn stands_for(name: &'static str, arguments: usize, body: &'static str) -> Macro {
    Macro { name, arguments, body, mathml: body }
}

/// Every command of the book, sorted by name.
pub(super) const MACROS: &[Macro] = &[
    stands_for(r"\1", 0, r"\mathbf{1}"),
    stands_for(r"\Cov", 0, r"\operatorname{Cov}"),
    stands_for(r"\E", 0, r"\mathbb{E}"),
    stands_for(r"\Id", 0, r"\mathrm{Id}"),
    stands_for(r"\KL", 0, r"D_{\mathrm{KL}}"),
    stands_for(r"\Law", 0, r"\operatorname{Law}"),
    stands_for(r"\N", 0, r"\mathbb{N}"),
    stands_for(r"\Normal", 0, r"\mathcal{N}"),
    stands_for(r"\P", 0, r"\mathbb{P}"),
    stands_for(r"\R", 0, r"\mathbb{R}"),
    stands_for(r"\T", 0, r"\mathsf{T}"),
    stands_for(r"\Var", 0, r"\operatorname{Var}"),
    stands_for(r"\Z", 0, r"\mathbb{Z}"),
    stands_for(r"\abs", 1, r"\left|#1\right|"),
    stands_for(r"\argmax", 0, r"\operatorname*{arg\,max}"),
    stands_for(r"\argmin", 0, r"\operatorname*{arg\,min}"),
    Macro { name: r"\dd", arguments: 0, body: r"\mathop{}\!\mathrm{d}", mathml: r"\mathrm{d}" },
    stands_for(r"\diag", 0, r"\operatorname{diag}"),
    stands_for(r"\div", 0, r"\operatorname{div}"),
    stands_for(r"\e", 0, r"\mathrm{e}"),
    stands_for(r"\inner", 2, r"\left\langle #1,#2\right\rangle"),
    stands_for(r"\norm", 1, r"\left\|#1\right\|"),
    stands_for(r"\sgn", 0, r"\operatorname{sgn}"),
    stands_for(r"\supp", 0, r"\operatorname{supp}"),
    stands_for(r"\tr", 0, r"\operatorname{tr}"),
];

/// Commands RaTeX knows and the MathML converter lacks, with the nearest it can say; what only takes room says nothing.
pub(super) const ONLY_DRAWN: &[Macro] = &[
    stands_for(r"\allowbreak", 0, ""),
    stands_for(r"\bm", 1, r"\boldsymbol{#1}"),
    stands_for(r"\boxed", 1, "{#1}"),
    stands_for(r"\dddot", 1, r"\overset{\ldots}{#1}"),
    stands_for(r"\hphantom", 1, ""),
    stands_for(r"\mathclap", 1, "{#1}"),
    stands_for(r"\mathllap", 1, "{#1}"),
    stands_for(r"\mathrlap", 1, "{#1}"),
    stands_for(r"\mathscr", 1, r"\mathcal{#1}"),
    stands_for(r"\operatornamewithlimits", 1, r"\operatorname#1\limits"),
    stands_for(r"\phantom", 1, ""),
    stands_for(r"\smash", 1, "{#1}"),
    stands_for(r"\vphantom", 1, ""),
    stands_for(r"\xleftrightarrow", 1, r"\overset{#1}{\longleftrightarrow}"),
    stands_for(r"\xmapsto", 1, r"\overset{#1}{\longmapsto}"),
];
