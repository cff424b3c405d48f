use super::*;

/// Formulas that exercise every part of the layout.
const HARD: &[&str] = &[
    r"\E\big[(X_t-X_s)^2\big]=t-s",
    r"\dd X_t=b(X_t,t)\dd t+\sigma(X_t,t)\dd W_t",
    r"\int_0^T f(t)\dd W_t=\lim_{n\to\infty}\sum_{k=0}^{n-1}f(t_k)\bigl(W_{t_{k+1}}-W_{t_k}\bigr)",
    r"f(x)=\begin{cases}1,&x\ge 0,\\0,&\text{otherwise}\end{cases}",
    r"\begin{aligned}\partial_t p&=-\nabla\cdot(bp)+\tfrac12\Delta p\\&=\mathcal{L}^*p\end{aligned}",
    r"\begin{pmatrix}a&b\\c&d\end{pmatrix}\begin{bmatrix}1\\0\end{bmatrix}",
    r"\underbrace{a+b+c}_{\text{drift}}+\overbrace{x+y}^{n}",
    r"A\xrightarrow[n\to\infty]{\text{a.s.}}B",
    r"\widetilde{XYZ}+\widehat{abc}+\tilde x+\hat\theta+\dot q+\ddot q+\bar\mu+\vec v",
    r"\mathcal{L}\mathcal{F}_t\subseteq\mathcal{G}",
    r"\mathbb{P}(A\mid B)=\mathbb{E}[\mathbf{1}_A]",
    r"b(X_t)\circ\mathrm{d}W_t",
    r"X\overset{d}{=}Y\stackrel{\text{def}}{=}Z",
    r"\Bigl(\frac{a}{b}\Bigr)\Big[\bigg\{\Bigg|x\Bigg|\bigg\}\Big]",
    r"\frac{\partial^2 u}{\partial x_i\partial x_j}",
    r"\left\langle \nabla f,\nabla g\right\rangle",
    r"\operatorname{Law}(X)\sim\mathcal{N}(0,\Sigma)",
    r"x^\star=\argmin_{x\in\R^d}f(x)",
    r"\text{for all words and } x>0",
    r"\boldsymbol{\theta}+\boldsymbol{x}+\mathbf{W}",
    r"f'(x)+g''(x)",
    r"\sqrt[3]{x+\sqrt{1+y^2}}",
    r"\sum_{\substack{0\le i<n\\i\ne j}}a_{ij}",
    r"\left.\frac{\dd}{\dd s}\right|_{s=0}F(x+s v)",
    r"\left(\int_{\R^d}|x|^p\,\mu(\dd x)\right)^{1/p}",
    r"\KL(\mu\,\|\,\nu)=\int\log\frac{\dd\mu}{\dd\nu}\dd\mu",
    r"\mathsf{T}_{\theta}\,\mathfrak{g}\,\mathscr{F}\,\mathtt{x}",
    r"\overline{X}_n+\underline{a}",
    r"\prod_{i=1}^{n}\bigl(1+\lambda_i\bigr)^{-1/2}",
    r"\cfrac{1}{1+\cfrac{1}{x}}",
    r"\binom{n}{k}p^k(1-p)^{n-k}",
    r"A^{\top}B^{\dagger}C^{\T}",
    r"a\coloneqq b\equiv c\approx d\propto e\ll f\gg g\iff h\implies i",
    r"\lim_{h\downarrow 0}\frac{f(x+h)-f(x)}{h}",
    r"\max_{1\le k\le n}\sup_{t\in[0,T]}\inf_x\det A\exp\ln\log\min",
    r"\iint_{\Omega}\oint_{\gamma}f",
    r"\left\|x\right\|_{L^2}\le\left\lfloor\frac{n}{2}\right\rfloor+\lceil x\rceil",
    r"\alpha\beta\gamma\delta\epsilon\varepsilon\zeta\varphi\phi\omega\Omega\Gamma\ell\hbar",
    r"\forall x\in\Z\ \exists y\colon x\mapsto y\hookrightarrow z",
    r"\begin{array}{c|cc}0&1&2\\\hline 3&4&5\end{array}",
    r"e^{-\frac{(x-\mu)^2}{2\sigma^2}}",
    r"\mathop{\mathrm{ess\,sup}}_{x}f\odot g\otimes h\oplus k\wedge l\vee m",
    r"\Box u\quad\partial\Omega\qquad\cdots\ldots\vdots\ddots\infty",
    r"\boxed{E=mc^2}\quad\cancel{x}",
    r"\overrightarrow{AB}\overleftarrow{CD}\xleftarrow{f}\xleftrightarrow{g}\underbrace{\sum_{i=1}^n x_i}_{S_n}",
];


#[test]
fn probe() {
    let head = "<!doctype html><meta charset=utf-8><link rel=stylesheet href=file:///work/wt/typeset/book/theme/math.css><style>body{font:16px/1.45 'Open Sans',sans-serif;margin:15px;max-width:750px}body.dark,.dark{background:#161923;color:#bcbdd0}</style>";
    let mut glyphs = BTreeSet::new();
    let mut rows = String::new();
    for tex in HARD {
        match (display_html(tex, None, Some("1.5")), mathml(tex, Style::Display)) {
            (Ok((html, used)), Ok(math)) => {
                println!("{} {} {}", html.len() - math.len(), math.len(), tex);
                glyphs.extend(used);
                rows += &html;
            }
            (a, b) => println!("{tex}\n   {:?} {:?}", a.err(), b.err()),
        }
    }
    println!("definitions {} of {}", definitions(&glyphs).len(), glyphs.len());
    let out = format!("{head}<svg width=0 height=0 style=position:absolute><defs>{}</defs></svg>{rows}", definitions(&glyphs));
    std::fs::write("/tmp/ts.html", out).unwrap();

    let text = std::fs::read_to_string("/tmp/text.txt").unwrap();
    let mut glyphs = BTreeSet::new();
    let mut page = String::new();
    for (i, piece) in text.split('$').enumerate() {
        if i % 2 == 0 { page += piece; } else {
            let (html, used) = if let Some(tex) = piece.strip_prefix('!') { display_html(tex, None, Some("1.5")) } else if let Some(tex) = piece.strip_prefix('?') { display_html(tex, None, None) } else { inline_html(piece) }.unwrap();
            assert!(!html.contains('\n'));
            page += &html; glyphs.extend(used);
        }
    }
    for text in std::fs::read_to_string("/tmp/labels.txt").unwrap().lines() {
        let set = label(text).unwrap();
        glyphs.extend(set.glyphs.iter().copied());
        page += &format!("<div><svg width=440 height=24 fill=currentColor><g transform='translate(5 16) scale(0.014)'>{}</g><rect x=5 y={} width={} height={} fill=none stroke=red stroke-width=.5 /></svg></div>", set.body, 16.0-14.0*set.height, 14.0*set.width, 14.0*(set.height+set.depth));
    }
    let defs = definitions(&glyphs);
    println!("definitions {} of {}", defs.len(), glyphs.len());
    for theme in ["light", "dark"] {
        let out = format!("{head}<body class={theme}><svg width=0 height=0 style=position:absolute><defs>{defs}</defs></svg>{page}");
        std::fs::write(format!("/tmp/{theme}.html"), out).unwrap();
    }
}
