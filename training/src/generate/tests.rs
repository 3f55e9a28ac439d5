//! The pages keep their promises; how real they look is for a reader to judge.

use super::*;

/// Articles made of a few words, one of them without title and one in Russian.
fn some_articles() -> Vec<Article> {
    let sentence = |i: usize, place: &str| {
        format!(
            "In {place} the Council of {place} met {i} times last year, and each time the Harbour stayed closed."
        )
    };
    let article = |place: &str, titled: bool| Article {
        page: place.to_owned(),
        title: titled.then(|| format!("The Harbour of {place} stays closed")),
        paragraphs: (1..12).map(|i| format!("{} {}", sentence(i, place), sentence(i + 20, place))).collect(),
    };
    let russian = Article {
        page: "ru".to_owned(),
        title: Some("Порт закрыт уже третий год".to_owned()),
        paragraphs: (1..5)
            .map(|i| format!("Совет города собирался {i} раз, но Порт так и не открыли. Жители недовольны и пишут письма."))
            .collect(),
    };
    vec![article("Northfield", true), article("Eastham", true), article("Westbury", false), russian]
}

fn lines(page: &Generated) -> impl Iterator<Item = &str> {
    page.text.lines().filter(|line| !line.trim().is_empty())
}

#[test]
fn every_line_has_a_label_that_its_zone_knows() {
    for page in pages(&some_articles(), 1, 500) {
        assert_eq!(lines(&page).count(), page.lines.len(), "{}", page.text);
        for ((zone, label), line) in page.lines.iter().zip(lines(&page)) {
            assert!(zone.labels().contains(label), "{} in {}: {line}", label.name(), zone.name());
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_pages_and_another_one_others() {
    let articles = some_articles();
    assert_eq!(pages(&articles, 7, 30), pages(&articles, 7, 50)[..30]);
    assert_ne!(pages(&articles, 7, 30), pages(&articles, 8, 30));
}

#[test]
fn every_label_occurs_in_every_zone_that_knows_it() {
    // Real pages have these, by the lines labelled by hand; only those teach them.
    let real_only = |zone: Zone, label: Label| match zone {
        Zone::Head => label == Label::Comment,
        Zone::Main => matches!(label, Label::RelatedHeading | Label::Legal | Label::Comment),
        Zone::Related => matches!(label, Label::Byline | Label::Other),
        Zone::Comments => matches!(label, Label::Placeholder | Label::Legal | Label::Other),
        Zone::Tail => false,
    };
    let pages = pages(&some_articles(), 3, 3000);
    for zone in Zone::ALL {
        for label in zone.labels().iter().filter(|label| !real_only(zone, **label)) {
            let count = pages.iter().flat_map(|p| &p.lines).filter(|line| **line == (zone, *label)).count();
            assert!(count > 0, "{} never occurs in {}", label.name(), zone.name());
        }
    }
}

#[test]
fn the_article_stays_whole_and_in_order() {
    let articles = some_articles();
    for page in pages(&articles, 5, 300) {
        let labelled = page.lines.iter().zip(lines(&page));
        let body: Vec<&str> =
            labelled.filter(|((_, l), _)| *l == Label::Body).map(|(_, line)| line).collect();
        let places: Vec<(usize, usize)> = body
            .iter()
            .flat_map(|line| {
                let all = articles.iter().enumerate();
                all.filter_map(move |(a, article)| {
                    Some((a, article.paragraphs.iter().position(|p| p == line)?))
                })
            })
            .collect();
        let (article, last) = (places[0].0, places.len());
        assert_eq!(places, (0..last).map(|i| (article, i)).collect::<Vec<_>>(), "{}", page.text);
    }
}

#[test]
fn pages_with_and_without_blank_lines_furniture_and_title() {
    let pages = pages(&some_articles(), 9, 400);
    let share =
        |holds: &dyn Fn(&Generated) -> bool| pages.iter().filter(|p| holds(p)).count() * 100 / pages.len();
    let tight = share(&|p| !p.text.contains("\n\n"));
    let bare = share(&|p| p.lines.iter().all(|(zone, _)| matches!(zone, Zone::Main | Zone::Head)));
    let untitled = share(&|p| p.lines.iter().all(|(_, label)| *label != Label::Title));
    let boxed = share(&|p| p.lines.windows(2).any(|w| (w[0].0, w[1].0) == (Zone::Related, Zone::Main)));
    assert!((20..50).contains(&tight), "{tight}");
    assert!((5..30).contains(&bare), "{bare}");
    assert!((5..40).contains(&untitled), "{untitled}");
    assert!((5..25).contains(&boxed), "{boxed}");
}

#[test]
fn an_article_comes_from_the_plain_render_with_the_title_its_page_shows() {
    let prose = |i: usize| {
        format!(
            "{i} boats rot in the harbour of Eastham, whose council has been promising repairs for years, as everybody who lives here knows."
        )
    };
    let gold = format!("{}\n\n{}\n\n{}\n", prose(1), prose(2), prose(3));
    let page = |render: &str| crate::data::Page {
        id: format!("set/{render}/1"),
        set: "set".to_owned(),
        render: render.to_owned(),
        url: String::new(),
        text: format!(
            "Home\nShop for everything you need\nBoats rot in Eastham harbour\n12 May 2020\n{gold}"
        ),
        labels: vec![0, 0, 0, 0, 1, 1, 1],
        gold: gold.clone(),
    };
    let articles = articles(&[page("wet"), page("inscr")]);
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0].title.as_deref(), Some("Boats rot in Eastham harbour"));
    assert_eq!(articles[0].paragraphs.len(), 3);
}
