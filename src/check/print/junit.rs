//! JUnit's XML, as continuous integration reads it: one suite, a test case a gate.
//!
//! There is no one schema of this format. What is written is what its readers have in common: `failure` with a message, a type
//! and text; `skipped`; and warnings, for which it has no word, in `system-out` of a case that passes.

use std::fmt::Write;

use super::{Report, measured, message, parts, place};
use crate::check::escape::{line, xml};
use crate::check::{Finding, Status};

pub fn print(report: &Report) -> String {
    let count = |status| report.having(status).count();
    let skipped = count(Status::Off) + count(Status::Nothing);
    let totals =
        format!("tests=\"{}\" failures=\"{}\" errors=\"0\"", report.gates.len(), count(Status::Fail));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    writeln!(out, "<testsuites name=\"dehusk check\" {totals}>").expect(ANY);
    writeln!(out, "  <testsuite name=\"dehusk check\" {totals} skipped=\"{skipped}\">").expect(ANY);
    for finding in &report.gates {
        case(finding, &mut out).expect(ANY);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

const ANY: &str = "a string takes everything";

fn case(finding: &Finding, out: &mut String) -> std::fmt::Result {
    write!(out, "    <testcase classname=\"dehusk.check\" name=\"{}\"", finding.gate)?;
    match finding.status {
        Status::Pass => {
            writeln!(out, ">\n      <system-out>{}</system-out>\n    </testcase>", xml(&measured(finding)))
        }
        Status::Warn => {
            writeln!(
                out,
                ">\n      <system-out>warning: {}</system-out>\n    </testcase>",
                xml(&told(finding))
            )
        }
        Status::Fail => writeln!(
            out,
            ">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>",
            xml(&message(finding)),
            finding.gate,
            xml(&told(finding))
        ),
        Status::Nothing => {
            writeln!(out, ">\n      <skipped message=\"nothing to measure\"/>\n    </testcase>")
        }
        Status::Off => writeln!(out, ">\n      <skipped message=\"off\"/>\n    </testcase>"),
    }
}

/// The message, and a line for each example.
fn told(finding: &Finding) -> String {
    let mut out = message(finding);
    if !finding.parts.is_empty() {
        out += &format!("\n{}", line(&parts(finding)));
    }
    for example in &finding.examples {
        let id = example.id.as_deref().unwrap_or("");
        let said = [&*format!("{}, {}", example.path, place(example)), id, &example.note, &example.snippet];
        let said: Vec<String> = said.iter().filter(|text| !text.is_empty()).map(|text| line(text)).collect();
        out += &format!("\n{}", said.join(" | "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::hostile;
    use super::*;

    #[test]
    fn every_gate_is_a_case_and_nothing_breaks_out_of_it() {
        let text = print(&hostile());
        assert_eq!(text.matches("<testcase ").count(), 18);
        assert!(text.contains("tests=\"18\" failures=\"1\" errors=\"0\" skipped=\"2\">"), "{text}");
        assert_eq!(text.matches("<failure ").count(), 1);
        assert_eq!(text.matches("<skipped ").count(), 2);
        assert!(!text.contains("]]>") && !text.contains("<c>") && !text.contains("<!--"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
