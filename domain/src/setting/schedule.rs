//! The schedule of a timer: the five fields of cron.

/// The lowest and the highest number of each field: minute, hour, day of the month, month, day of the week (0 is Sunday).
const FIELDS: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

/// Whether a text is a schedule: five fields with one space between, each a list of `*`, `n`, `a-b`, `*/step` and `a-b/step`.
pub(super) fn is_schedule(text: &str) -> bool {
    let fields: Vec<&str> = text.split(' ').collect();
    fields.len() == FIELDS.len()
        && fields.iter().zip(FIELDS).all(|(field, bounds)| field.split(',').all(|part| is_part(part, bounds)))
}

fn is_part(part: &str, (low, high): (u32, u32)) -> bool {
    let within = |number: u32| (low..=high).contains(&number);
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    if step.is_some_and(|step| !number(step).is_some_and(|step| (1..=high).contains(&step))) {
        return false;
    }
    match range.split_once('-') {
        _ if range == "*" => true,
        Some((from, to)) => matches!(
            (number(from), number(to)),
            (Some(from), Some(to)) if from <= to && within(from) && within(to)
        ),
        // One number has no steps.
        None => step.is_none() && number(range).is_some_and(within),
    }
}

fn number(text: &str) -> Option<u32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::is_schedule;
    use proptest::prelude::*;

    #[test]
    fn schedules_have_five_fields_within_their_bounds() {
        for sound in
            ["* * * * *", "30 6 * * 1-5", "0,30 */2 1-15/3 1,6,12 0", "59 23 31 12 6", "*/59 0 1 1 0-6/2"]
        {
            assert!(is_schedule(sound), "{sound}");
        }
        for broken in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * 0 *",
            "* * * * 7",
            "5-1 * * * *",
            "*/0 * * * *",
            "*/60 * * * *",
            "3/2 * * * *",
            "1- * * * *",
            "-1 * * * *",
            "1,,2 * * * *",
            "*  * * * *",
            "+1 * * * *",
            "MON * * * *",
            "001 * * * *",
            "@daily",
        ] {
            assert!(!is_schedule(broken), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_numbers_within_the_bounds_make_one(
            minute in 0u32..60, hour in 0u32..24, day in 1u32..32, month in 1u32..13, week in 0u32..7, step in 1u32..7,
        ) {
            let text = format!("{minute} {hour} {day}-31 {month}-12/{step} {week}");
            prop_assert!(is_schedule(&text), "{}", text);
            let shifted = format!("{} {hour} {day} {month} {week}", minute + 60);
            prop_assert!(!is_schedule(&shifted), "{}", shifted);
        }

        #[test]
        fn nothing_breaks_the_reader(text in "[-0-9*/, ]{0,24}") {
            let _ = is_schedule(&text);
        }
    }
}
