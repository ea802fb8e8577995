//! What the current rows of a scope say about the cache.

use crate::support::random::uuid_of;
use crate::support::Json;
use serde_json::{json, Value};
use std::rc::Rc;
use workflow_db::cache::{Shape, Store};
use workflow_db::query::{Query, Test};
use workflow_db::subscriptions::{
    cached_differences, decides_about, outdated_list, outdated_pages, Selection,
};
use workflow_db::tables::{
    Table, API_KEYS, AUDIT_LOGS, INVITATIONS_KEY, SHARED_WORKFLOWS_KEY, WORKFLOWS, WORKFLOW_INVITATIONS,
    WORKFLOW_MEMBERS, WORKFLOW_TEMPLATES,
};
use workflow_db::time::Moment;

/// Ada's workflow that was changed on this day of January.
fn workflow(name: &str, day: u32) -> Value {
    let at = format!("2024-01-{day:02}T00:00:00");
    json!({"id": uuid_of(name), "user_id": uuid_of("ada"), "name": name, "archived_at": null, "updated_at": at})
}

fn names(rows: &[&str]) -> Value {
    let days = [("a", 9), ("b", 8), ("c", 7), ("d", 6), ("e", 5)];
    let day = |name: &str| days.iter().find(|(other, _)| *other == name).expect("a day").1;
    rows.iter().map(|name| workflow(name, day(name))).collect()
}

fn of_ada(table: &'static Table) -> Query {
    Query::of(table).filter("user_id", Test::Eq(uuid_of("ada")))
}

/// Ada's workflows in use, most recently changed first.
fn in_use() -> Query {
    of_ada(&WORKFLOWS).filter("archived_at", Test::IsNull).ordered_by("updated_at", true)
}

fn selection(table: &Table, filter: Option<&str>) -> Selection {
    Selection::new(table.name, Some(uuid_of("ada")), filter.map(str::to_owned)).expect("a selection")
}

fn store(entries: Vec<(Value, Shape)>) -> Store<Json> {
    let mut store = Store::default();
    for (place, (data, shape)) in entries.into_iter().enumerate() {
        store.put(&format!("entry {place}"), Json::from(data), shape, None, Moment::default());
    }
    store
}

mod pages {
    use super::*;

    fn is_kept(selection: &Selection, query: Query, page: Value, rows: &Value) -> bool {
        let store = store(vec![(page, Shape::Page(Rc::new(query)))]);
        outdated_pages(&store, selection, &Json::from(rows)).is_empty()
    }

    /// A page by number.
    fn numbered(offset: u32, shown: &[&str], total: u32, rows: &[&str]) -> bool {
        let page = json!({"data": names(shown), "total": total, "page": 1, "pageSize": 2});
        is_kept(&selection(&WORKFLOWS, None), in_use().page(2, offset), page, &names(rows))
    }

    /// A page by cursor; whether there is one before it and after it.
    fn by_cursor((has_prev, has_next): (bool, bool), shown: &[&str], rows: &[&str]) -> bool {
        let cursor = |is_there: bool| if is_there { json!("cursor") } else { Value::Null };
        let (prev, next) = (cursor(has_prev), cursor(has_next));
        let page = json!({"data": names(shown), "total": rows.len(), "prevCursor": prev, "nextCursor": next});
        is_kept(&selection(&WORKFLOWS, None), in_use().page(2, 0), page, &names(rows))
    }

    #[test]
    fn a_page_by_number_stays_if_it_shows_the_rows_of_its_place() {
        assert!(numbered(0, &["a", "b"], 2, &["b", "a"]));
        assert!(numbered(0, &["a", "b"], 3, &["a", "b", "c"]));
        assert!(numbered(2, &["c", "d"], 5, &["a", "b", "c", "d", "e"]));
        assert!(numbered(2, &["c"], 3, &["a", "b", "c"]));
        assert!(numbered(0, &[], 0, &[]));
        assert!(numbered(1, &[], 1, &["a"]));
        assert!(numbered(4, &[], 3, &["a", "b", "c"]));
    }

    #[test]
    fn a_page_by_number_leaves_if_a_row_before_on_or_after_it_came_or_went() {
        assert!(!numbered(2, &["c", "d"], 4, &["a", "c", "d", "e"]));
        assert!(!numbered(1, &["c", "d"], 4, &["a", "b", "c", "d"]));
        assert!(!numbered(0, &["a", "c"], 3, &["a", "b", "c"]));
        assert!(!numbered(0, &["a", "b"], 2, &["a", "b", "c"]));
        assert!(!numbered(0, &["a", "b"], 1, &["a"]));
        assert!(!numbered(0, &["a", "b", "c"], 2, &["a", "c"]));
        assert!(!numbered(0, &["a"], 0, &[]));
        assert!(!numbered(0, &[], 1, &["a"]));
        assert!(!numbered(2, &[], 3, &["a", "b", "c"]));
    }

    #[test]
    fn rows_of_the_same_time_are_in_the_order_of_their_ids() {
        let page = json!({"data": [workflow("a", 9), workflow("b", 8)], "total": 3, "page": 1});
        let rows = |day| json!([workflow("a", 9), workflow("b", 8), workflow("z", day)]);
        let kept = |day| is_kept(&selection(&WORKFLOWS, None), in_use().page(2, 0), page.clone(), &rows(day));
        assert!(uuid_of("a") < uuid_of("z") && uuid_of("b") < uuid_of("z"));
        assert!(kept(7));
        assert!(kept(8));
        assert!(!kept(9));
    }

    #[test]
    fn a_page_by_cursor_stays_if_rows_outside_of_it_are_where_its_cursors_lead() {
        assert!(by_cursor((false, false), &["a", "b"], &["a", "b"]));
        assert!(by_cursor((false, true), &["a", "b"], &["a", "b", "c"]));
        assert!(by_cursor((true, false), &["b", "c"], &["a", "b", "c"]));
        assert!(by_cursor((true, true), &["b", "c"], &["a", "b", "c", "d"]));
        assert!(by_cursor((true, true), &["b", "c"], &["b", "c"]));
        assert!(!by_cursor((false, false), &["a", "b"], &["a", "b", "c"]));
        assert!(!by_cursor((true, false), &["a", "b"], &["a", "b", "c"]));
        assert!(!by_cursor((false, false), &["b", "c"], &["a", "b", "c"]));
        assert!(!by_cursor((false, true), &["b", "c"], &["a", "b", "c"]));
        assert!(!by_cursor((true, true), &["a", "c"], &["a", "b", "c"]));
    }

    #[test]
    fn only_the_first_page_of_an_audit_log_can_be_compared_with_its_newest_rows() {
        let entry = |name: &str, day: u32| json!({"id": uuid_of(name), "user_id": uuid_of("ada"), "created_at": format!("2024-01-{day:02}T00:00:00")});
        let rows = json!([entry("a", 9), entry("b", 8), entry("c", 7)]);
        let kept = |offset, shown: Value| {
            let query = of_ada(&AUDIT_LOGS).ordered_by("created_at", true).page(2, offset);
            let page = json!({"data": shown, "total": 50, "page": 1});
            is_kept(&selection(&AUDIT_LOGS, None), query, page, &rows)
        };
        assert!(kept(0, json!([entry("a", 9), entry("b", 8)])));
        assert!(!kept(0, json!([entry("b", 8), entry("c", 7)])));
        assert!(!kept(1, json!([entry("b", 8), entry("c", 7)])));
        assert!(!kept(2, json!([entry("a", 9), entry("b", 8)])));
        assert!(!kept(5, json!([])));
        let second = json!({"data": [entry("b", 8)], "total": 50, "prevCursor": "x", "nextCursor": "y"});
        let query = of_ada(&AUDIT_LOGS).ordered_by("created_at", true).page(2, 0);
        assert!(!is_kept(&selection(&AUDIT_LOGS, None), query, second, &rows));
    }

    #[test]
    fn a_page_stays_if_the_subscription_or_the_page_is_about_other_rows() {
        let wrong = || json!({"data": names(&["a"]), "total": 1, "page": 1});
        let rows = names(&["a", "b"]);
        let kept = |selection: &Selection, query: Query| is_kept(selection, query, wrong(), &rows);
        assert!(!kept(&selection(&WORKFLOWS, None), in_use().page(2, 0)));
        assert!(!kept(&Selection::new("workflows", None, None).expect("all"), in_use().page(2, 0)));
        assert!(kept(&selection(&WORKFLOWS, Some("name=eq.x")), in_use().page(2, 0)));
        assert!(kept(&selection(&AUDIT_LOGS, None), in_use().page(2, 0)));
    }

    #[test]
    fn a_page_selected_by_another_column_leaves_if_it_may_contain_rows_of_the_scope() {
        let template = |name: &str, creator: &str| json!({"id": uuid_of(name), "created_by": uuid_of(creator), "category": "x", "created_at": "2024-01-01T00:00:00"});
        let kept = |category: &str, shown: Value, rows: Value| {
            let query = Query::of(&WORKFLOW_TEMPLATES)
                .filter("category", Test::Eq(category.to_owned()))
                .ordered_by("created_at", true);
            let page = json!({"data": shown, "total": 7, "page": 1});
            is_kept(&selection(&WORKFLOW_TEMPLATES, None), query.page(2, 0), page, &rows)
        };
        let (own, foreign) = (|| template("a", "ada"), || template("b", "bob"));
        // Nothing tells of this page, and nothing is of its category.
        assert!(kept("x", json!([foreign()]), json!([])));
        assert!(kept("y", json!([foreign()]), json!([own()])));
        assert!(!kept("x", json!([foreign()]), json!([own()])));
        assert!(!kept("x", json!([foreign(), own()]), json!([])));
        assert!(!kept("y", json!([]), json!([own()])));
    }

    #[test]
    fn a_page_of_another_user_stays() {
        let query = Query::of(&WORKFLOWS).filter("user_id", Test::Eq(uuid_of("bob"))).page(2, 0);
        let mut row = workflow("b", 1);
        row["user_id"] = json!(uuid_of("bob"));
        let page = json!({"data": [row], "total": 7, "page": 1});
        assert!(is_kept(&selection(&WORKFLOWS, None), query, page, &names(&["a"])));
        // The owner is named, but not as the scope.
        let named = Query::of(&WORKFLOWS).filter("name", Test::Eq(uuid_of("ada"))).page(2, 0);
        let mut row = workflow("b", 1);
        row["user_id"] = json!(uuid_of("bob"));
        let page = json!({"data": [row], "total": 7, "page": 1});
        assert!(is_kept(&selection(&WORKFLOWS, None), named, page, &names(&["a"])));
    }
}

mod differences {
    use super::*;

    /// `old → new` for each difference, with the names of the rows.
    fn of(selection: &Selection, entries: Vec<(Value, Shape)>, rows: &Value) -> Vec<String> {
        let found = cached_differences(&store(entries), selection, &Json::from(rows));
        let name = |row: Option<Json>| row.map_or_else(String::new, |row| row.text("name"));
        let mut found: Vec<_> =
            found.into_iter().map(|found| [name(found.old), name(found.new)].join(" → ")).collect();
        found.sort();
        found
    }

    fn list(rows: Value) -> (Value, Shape) {
        (rows, Shape::List(Rc::new(in_use())))
    }

    fn row(row: Value) -> (Value, Shape) {
        (row, Shape::Row(&WORKFLOWS))
    }

    fn renamed(name: &str, new: &str) -> Value {
        let mut row = workflow(name, 9);
        row["name"] = json!(new);
        row
    }

    #[test]
    fn a_changed_row_differs_in_whatever_entry_holds_it() {
        let ada = selection(&WORKFLOWS, None);
        let rows = json!([renamed("a", "new")]);
        let page = json!({"data": [renamed("a", "old")], "total": 1, "page": 1});
        for entry in [
            row(renamed("a", "old")),
            list(json!([renamed("a", "old")])),
            (page, Shape::Page(Rc::new(in_use().page(1, 0)))),
        ] {
            assert_eq!(of(&ada, vec![entry], &rows), ["old → new"]);
        }
    }

    #[test]
    fn entries_of_other_tables_do_not_count() {
        let ada = selection(&WORKFLOWS, None);
        let rows = json!([renamed("a", "new")]);
        let other = Rc::new(of_ada(&API_KEYS));
        let page = json!({"data": [renamed("a", "old")], "total": 1, "page": 1});
        for entry in [
            (renamed("a", "old"), Shape::Row(&API_KEYS)),
            (json!([renamed("a", "old")]), Shape::List(other.clone())),
            (page, Shape::Page(other)),
            (renamed("a", "old"), Shape::Foreign),
        ] {
            assert!(of(&ada, vec![entry], &rows).is_empty());
        }
    }

    #[test]
    fn of_several_cached_states_one_that_is_wrong_counts() {
        let ada = selection(&WORKFLOWS, None);
        let rows = json!([renamed("a", "new")]);
        let (old, new) = (|| row(renamed("a", "old")), || list(json!([renamed("a", "new")])));
        assert_eq!(of(&ada, vec![old(), new()], &rows), ["old → new"]);
        assert_eq!(of(&ada, vec![new(), old()], &rows), ["old → new"]);
        assert!(of(&ada, vec![new(), row(renamed("a", "new"))], &rows).is_empty());
    }

    #[test]
    fn a_row_that_is_gone_differs_if_it_belongs_to_the_scope() {
        let ada = selection(&WORKFLOWS, None);
        let gone = || row(workflow("a", 9));
        assert_eq!(of(&ada, vec![gone()], &json!([])), ["a → "]);
        assert!(of(&selection(&WORKFLOWS, Some("name=eq.b")), vec![gone()], &json!([])).is_empty());
        let mut foreign = workflow("b", 9);
        foreign["user_id"] = json!(uuid_of("bob"));
        assert!(of(&ada, vec![row(foreign)], &json!([])).is_empty());
        let entry = json!({"id": uuid_of("a"), "user_id": uuid_of("ada"), "name": "old entry"});
        let log = vec![(entry, Shape::Row(&AUDIT_LOGS))];
        assert!(of(&selection(&AUDIT_LOGS, None), log, &json!([])).is_empty());
    }

    #[test]
    fn a_row_that_a_list_lacks_is_new() {
        let ada = selection(&WORKFLOWS, None);
        let mut archived = workflow("b", 8);
        archived["archived_at"] = json!("2024-01-01T00:00:00");
        let rows = json!([workflow("a", 9), archived]);
        assert_eq!(of(&ada, vec![list(json!([]))], &rows), [" → a"]);
        assert_eq!(of(&ada, vec![list(json!([])), row(workflow("a", 9))], &rows), [" → a"]);
        assert!(of(&ada, vec![list(json!([workflow("a", 9)]))], &rows).is_empty());
        assert!(of(&ada, vec![], &rows).is_empty());
        let page = (json!([]), Shape::List(Rc::new(in_use().page(5, 0))));
        assert!(of(&ada, vec![page], &rows).is_empty());
    }

    #[test]
    fn each_row_differs_once() {
        let ada = selection(&WORKFLOWS, None);
        let rows = json!([renamed("a", "new")]);
        let entries = vec![list(json!([])), list(json!([])), row(renamed("a", "old"))];
        assert_eq!(of(&ada, entries, &rows), ["old → new"]);
        assert_eq!(of(&ada, vec![list(json!([])), list(json!([]))], &rows), [" → new"]);
    }

    #[test]
    fn a_row_without_its_secret_is_the_same_state() {
        let key = |name: &str| json!({"id": uuid_of("k"), "user_id": uuid_of("ada"), "service_name": name, "encrypted_key": "s"});
        let hidden = |name: &str| {
            let mut row = key(name);
            row["encrypted_key"] = json!("[REDACTED]");
            row
        };
        let list = |row: Value| (json!([row]), Shape::List(Rc::new(of_ada(&API_KEYS).without_secret())));
        let differs = |cached: Value| {
            let entries = store(vec![list(cached)]);
            !cached_differences(&entries, &selection(&API_KEYS, None), &Json::from(json!([key("gh")])))
                .is_empty()
        };
        assert!(!differs(hidden("gh")));
        assert!(differs(hidden("other")));
    }
}

mod lists_that_members_decide {
    use super::*;

    fn ids(names: &[&str]) -> Value {
        names.iter().map(|name| json!({"id": uuid_of(name)})).collect()
    }

    /// The lists of Ada: her invitations and the workflows that are shared with her.
    fn store(invitations: &[&str], shared: &[&str]) -> Store<Json> {
        let mut store = Store::default();
        let lists = [
            (&INVITATIONS_KEY, &WORKFLOW_INVITATIONS, invitations),
            (&SHARED_WORKFLOWS_KEY, &WORKFLOWS, shared),
        ];
        for (format, table, names) in lists {
            let key = format.of(&[&uuid_of("ada")]);
            let shape = Shape::List(Rc::new(Query::of(table)));
            store.put(&key, Json::from(ids(names)), shape, None, Moment::default());
        }
        store
    }

    /// Ada's membership in a workflow, or an open invitation.
    fn member(id: &str, workflow: &str, is_open: bool) -> Value {
        let user = if is_open { Value::Null } else { json!(uuid_of("ada")) };
        json!({"id": uuid_of(id), "workflow_id": uuid_of(workflow), "user_id": user})
    }

    fn outdated(store: &Store<Json>, selection: &Selection, rows: &[Value]) -> Option<String> {
        let key = outdated_list(store, selection, &Json::from(json!(rows)))?;
        Some(key.split(':').next().expect("a prefix").to_owned())
    }

    #[test]
    fn a_scope_decides_about_the_lists_of_its_own_user() {
        let keys = [
            INVITATIONS_KEY.of(&[&uuid_of("ada")]),
            SHARED_WORKFLOWS_KEY.of(&[&uuid_of("ada")]),
            SHARED_WORKFLOWS_KEY.of(&[&uuid_of("ben")]),
            "workflows".to_owned(),
        ];
        let decides = |selection: &Selection| keys.clone().map(|key| decides_about(selection, &key));
        let filtered = |filter: &str| {
            let selection = Selection::new("workflow_members", None, Some(filter.to_owned()));
            selection.expect("a selection")
        };
        assert_eq!(decides(&selection(&WORKFLOW_MEMBERS, None)), [false, true, false, false]);
        assert_eq!(decides(&filtered("email=eq.ada@example.org")), [true, false, false, false]);
        assert_eq!(decides(&filtered("role=eq.editor")), [false; 4]);
        assert_eq!(decides(&selection(&WORKFLOWS, None)), [false; 4]);
    }

    #[test]
    fn the_shared_workflows_are_those_of_the_memberships() {
        let store = store(&["other"], &["a", "b"]);
        let mine = selection(&WORKFLOW_MEMBERS, None);
        let [a, b, c] = ["a", "b", "c"].map(|name| member(name, name, false));
        let outdated = |rows: &[&Value]| {
            let rows: Vec<_> = rows.iter().map(|row| (*row).clone()).collect();
            outdated(&store, &mine, &rows).is_some_and(|key| key == "shared_workflows")
        };
        assert!(!outdated(&[&b, &a]));
        assert!(outdated(&[&a]), "one is gone");
        assert!(outdated(&[]), "all are gone");
        assert!(outdated(&[&a, &b, &c]), "one has come");
        assert!(outdated(&[&a, &c]), "another one");
    }

    #[test]
    fn the_invitations_are_the_open_ones_to_an_address() {
        let store = store(&["i", "j"], &["a"]);
        let by_email = Some("email=eq.ada@example.org".to_owned());
        let mine = Selection::new("workflow_members", None, by_email).expect("a selection");
        let (i, j) = (member("i", "a", true), member("j", "b", true));
        let accepted = member("k", "c", false);
        assert_eq!(outdated(&store, &mine, &[i.clone(), accepted.clone(), j.clone()]), None);
        let is_outdated = |rows: &[Value]| outdated(&store, &mine, rows).as_deref() == Some("invitations");
        assert!(is_outdated(&[i.clone(), accepted]), "one is accepted, withdrawn or declined");
        assert!(is_outdated(&[i, j, member("l", "d", true)]), "one has come");
    }

    #[test]
    fn other_subscriptions_do_not_decide() {
        let store = store(&["i"], &["a"]);
        let members = |scope: Option<&str>, filter: Option<&str>| {
            Selection::new("workflow_members", scope.map(uuid_of), filter.map(str::to_owned))
                .expect("a selection")
        };
        for selection in [
            members(None, None),
            members(None, Some("role=eq.viewer")),
            members(Some("ada"), Some("role=eq.viewer")),
            members(Some("workflow"), None),
            selection(&WORKFLOWS, None),
        ] {
            assert_eq!(outdated(&store, &selection, &[]), None);
        }
        assert_eq!(outdated(&Store::default(), &members(Some("ada"), None), &[]), None, "nothing is cached");
    }
}
