//! The source files as pages of the book, so that every link to file and line works offline.

use mdbook_preprocessor::book::{BookItem, Chapter, SectionNumber};

use super::world::World;
use crate::entries::code;

/// The folder of the pages in the book.
pub const FOLDER: &str = "source";

/// The number of the part that holds the sources: after all others.
const PART: u32 = 1000;

/// One parent chapter with a page for every source file.
pub fn chapter(world: &World) -> BookItem {
    const TITLE: &str = "Source files";
    let mut list = String::from(
        "# Source files\n\nThe files the pages link to, as they were when this book was built.\n\n",
    );
    let mut parent = Chapter::new(TITLE, String::new(), format!("{FOLDER}/index.md"), Vec::new());
    // mdBook nests the table of contents by number, not by parent; the labels of the numbers are switched off.
    parent.number = Some(SectionNumber::new([PART]));
    for ((file, text), place) in world.sources.iter().zip(1..) {
        list.push_str(&format!("- [{}]({}.md)\n", code(file), name(file)));
        let path = format!("{FOLDER}/{}.md", name(file));
        let mut page = Chapter::new(file, listing(file, text), path, vec![TITLE.into()]);
        page.number = Some(SectionNumber::new([PART, place]));
        parent.sub_items.push(BookItem::Chapter(page));
    }
    parent.content = list;
    BookItem::Chapter(parent)
}

/// The name of a file's page below `source/`. mdBook rewrites every `.md` it finds in a link, so the name holds none.
pub fn name(file: &str) -> String {
    file.replace(".md", ".markdown")
}

/// A file with numbered lines: the numbers are anchors beside the code, not in it, so that copying gives the code.
fn listing(file: &str, text: &str) -> String {
    let numbers: Vec<String> = (1..=text.lines().count())
        .map(|n| format!("<a id=\"L{n}\" href=\"#L{n}\" tabindex=\"-1\">{n}</a>"))
        .collect();
    let language = match file.rsplit('.').next() {
        Some("rs") => "rust",
        Some("md") => "markdown",
        _ => "text",
    };
    let longest_fence =
        text.lines().map(|line| line.trim().bytes().take_while(|&b| b == b'`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest_fence.max(2) + 1);
    // Lines of a Rust block that begin with `# ` would be hidden as in a doctest; no source file has any.
    format!(
        "<div class=\"listing-page\">\n\n# {}\n\n<div class=\"listing\"><div class=\"line-numbers\" aria-hidden=\"true\">{}</div>\n\n{fence}{language}\n{}\n{fence}\n\n</div>\n\n</div>\n",
        code(file),
        numbers.join("<br>"),
        text.trim_end_matches('\n')
    )
}

#[cfg(test)]
mod tests {
    use super::listing;

    #[test]
    fn every_line_has_an_anchor_and_inner_fences_do_not_end_the_block() {
        let page = listing("chapters/a.md", "x\n```rust\n1\n```\n");
        assert!(page.contains("id=\"L4\"") && !page.contains("id=\"L5\""));
        assert!(page.contains("\n# <code>chapters/<wbr>a.md</code>\n"));
        assert!(page.contains("\n````markdown\nx\n```rust\n1\n```\n````\n"));
    }
}
