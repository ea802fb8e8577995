//! Copies a crate's sources with every mutant compiled in: `mutants SRC OUT FILE…`. The environment variable MUTANT
//! selects one at run time. Prints the mutants as JSON. Mutations: a binary operator becomes another one; `!` and unary
//! `-` are removed; a match arm is removed if a `_` arm covers its values; a guard becomes true or false; a function
//! returns a fixed value of its type. `const` items and `const fn` stay unchanged.

use proc_macro2::Span;
use quote::{quote, ToTokens};
use serde_json::{json, Value};
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{parse_quote, parse_str, BinOp, Expr, GenericArgument, PathArguments, ReturnType, Type, UnOp};

struct Instrument {
    file: String,
    lines: Vec<String>,
    /// The type and the functions that enclose the visited place.
    path: Vec<String>,
    mutants: Vec<Value>,
    next: usize,
}

impl Instrument {
    fn add(&mut self, span: Span, change: &str) -> usize {
        let line = span.start().line;
        let (function, text) = (self.path.join("::"), self.lines[line - 1].trim());
        let is_alike = |mutant: &&Value| {
            mutant["function"] == function && mutant["text"] == text && mutant["change"] == change
        };
        // Equal changes to equal lines of one function are numbered.
        let ordinal = self.mutants.iter().filter(is_alike).count() + 1;
        self.mutants.push(json!({
            "id": self.next,
            "file": self.file,
            "line": line,
            "function": function,
            "text": text,
            "change": change,
            "ordinal": ordinal,
        }));
        self.next += 1;
        self.next - 1
    }

    fn body(&mut self, signature: &syn::Signature, block: &mut syn::Block) {
        let is_display = signature.ident == "fmt";
        self.path.push(signature.ident.to_string());
        let original = block.clone();
        if signature.constness.is_none() {
            visit_mut::visit_block_mut(self, block);
            let old =
                original.stmts.iter().map(|stmt| stmt.to_token_stream().to_string()).collect::<String>();
            let values = match &signature.output {
                ReturnType::Default if old.is_empty() => Vec::new(),
                ReturnType::Default => vec!["()".to_owned()],
                ReturnType::Type(_, _) if is_display => vec!["Ok(())".to_owned()],
                ReturnType::Type(_, kind) => values_of(kind),
            };
            for value in values {
                let expr: Expr = parse_str(&value).expect("a value");
                if expr.to_token_stream().to_string() != old {
                    let id = self.add(signature.ident.span(), &format!("returns {value}"));
                    block.stmts.insert(0, parse_quote!(if crate::mutant::is(#id) { return #expr; }));
                }
            }
        }
        self.path.pop();
    }
}

/// Replacement values for a result of this type; none for unknown types.
fn values_of(kind: &Type) -> Vec<String> {
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match kind {
        Type::Reference(reference) => match &*reference.elem {
            Type::Slice(_) => list(&["&[]"]),
            Type::Path(path) if path.path.is_ident("str") => list(&["\"\"", "\"xyzzy\""]),
            _ => Vec::new(),
        },
        Type::Tuple(tuple) if tuple.elems.is_empty() => list(&["()"]),
        Type::Tuple(tuple) => tuple
            .elems
            .iter()
            .fold(list(&[""]), |heads, elem| {
                let values = values_of(elem);
                heads
                    .iter()
                    .flat_map(|head| values.iter().map(move |value| format!("{head}{value}, ")))
                    .collect()
            })
            .iter()
            .map(|members| format!("({members})"))
            .collect(),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Vec::new() };
            let inner = || match &last.arguments {
                PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
                    Some(GenericArgument::Type(kind)) => values_of(kind),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            let wrapped = |open: &str, close: &str| {
                inner().iter().map(|value| format!("{open}{value}{close}")).collect()
            };
            match last.ident.to_string().as_str() {
                "bool" => list(&["true", "false"]),
                "String" => list(&["String::new()", "\"xyzzy\".to_owned()"]),
                "u8" | "u16" | "u32" | "u64" | "usize" => list(&["0", "1"]),
                "i8" | "i16" | "i32" | "i64" | "isize" => list(&["0", "1", "-1"]),
                "f64" => list(&["0.0", "1.0", "-1.0"]),
                "Option" => [list(&["None"]), wrapped("Some(", ")")].concat(),
                "Vec" => [list(&["vec![]"]), wrapped("vec![", "]")].concat(),
                "Result" => wrapped("Ok(", ")"),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn alternatives(op: &BinOp) -> &'static [&'static str] {
    match op {
        BinOp::Eq(_) => &["!="],
        BinOp::Ne(_) => &["=="],
        BinOp::Lt(_) => &["==", ">", "<="],
        BinOp::Gt(_) => &["==", "<", ">="],
        BinOp::Le(_) => &[">", "<"],
        BinOp::Ge(_) => &["<", ">"],
        BinOp::And(_) => &["||"],
        BinOp::Or(_) => &["&&"],
        BinOp::Add(_) => &["-", "*"],
        BinOp::Sub(_) => &["+", "/"],
        BinOp::Mul(_) => &["+", "/"],
        BinOp::Div(_) => &["%", "*"],
        BinOp::Rem(_) => &["/", "+"],
        BinOp::Shl(_) => &[">>"],
        BinOp::Shr(_) => &["<<"],
        BinOp::BitAnd(_) => &["|", "^"],
        BinOp::BitOr(_) => &["&", "^"],
        BinOp::BitXor(_) => &["|", "&"],
        BinOp::AddAssign(_) => &["-=", "*="],
        BinOp::SubAssign(_) => &["+=", "/="],
        BinOp::MulAssign(_) => &["+=", "/="],
        BinOp::DivAssign(_) => &["%=", "*="],
        _ => &[],
    }
}

impl VisitMut for Instrument {
    fn visit_item_fn_mut(&mut self, item: &mut syn::ItemFn) {
        let signature = item.sig.clone();
        self.body(&signature, &mut item.block);
    }

    // Test modules inside the sources are not part of the binary.
    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if !item.attrs.contains(&parse_quote!(#[cfg(test)])) {
            visit_mut::visit_item_mod_mut(self, item);
        }
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        let name = match &*item.self_ty {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        self.path.push(name.expect("the name of a type"));
        visit_mut::visit_item_impl_mut(self, item);
        self.path.pop();
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut syn::ImplItemFn) {
        let signature = item.sig.clone();
        self.body(&signature, &mut item.block);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let original = expr.clone();
        visit_mut::visit_expr_mut(self, expr);
        match original {
            Expr::Binary(binary) => {
                let (left, right) = (&binary.left, &binary.right);
                for symbol in alternatives(&binary.op) {
                    let old = binary.op.to_token_stream();
                    let id = self.add(binary.op.span(), &format!("{old} becomes {symbol}"));
                    let op: BinOp = parse_str(symbol).expect("an operator");
                    let rest = expr.clone();
                    *expr = parse_quote!((if crate::mutant::is(#id) { (#left) #op (#right) } else { #rest }));
                }
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_) | UnOp::Neg(_)) => {
                let (op, inner, rest) = (&unary.op, &unary.expr, expr.clone());
                let id = self.add(op.span(), &format!("{} is left out", op.to_token_stream()));
                // Applying it twice cancels it, and has the same type if the operand is a reference.
                *expr = parse_quote!((if crate::mutant::is(#id) { #op #op (#inner) } else { #rest }));
            }
            _ => {}
        }
    }

    fn visit_expr_match_mut(&mut self, item: &mut syn::ExprMatch) {
        let has_rest =
            item.arms.iter().any(|arm| matches!(arm.pat, syn::Pat::Wild(_)) && arm.guard.is_none());
        visit_mut::visit_expr_match_mut(self, item);
        for arm in &mut item.arms {
            let mut guard: Option<Expr> = None;
            if let Some((_, old)) = &arm.guard {
                let old = old.clone();
                let yes = self.add(arm.pat.span(), "the guard becomes true");
                let no = self.add(arm.pat.span(), "the guard becomes false");
                guard = Some(parse_quote!((crate::mutant::is(#yes) || !crate::mutant::is(#no) && (#old))));
            }
            if has_rest && !matches!(arm.pat, syn::Pat::Wild(_)) {
                let pattern = arm.pat.to_token_stream().to_string();
                let id = self.add(arm.pat.span(), &format!("the arm {pattern} is left out"));
                guard = Some(match guard {
                    Some(guard) => parse_quote!(!crate::mutant::is(#id) && #guard),
                    None => parse_quote!(!crate::mutant::is(#id)),
                });
            }
            arm.guard = guard.map(|guard| (syn::token::If::default(), Box::new(guard)));
        }
    }

    // Code that is evaluated at compile time cannot contain the switch.
    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}
    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_expr_repeat_mut(&mut self, _: &mut syn::ExprRepeat) {}
    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [src, out, files @ ..] = arguments.as_slice() else { panic!("mutants SRC OUT FILE…") };
    let mut mutants = Vec::new();
    for file in files {
        let source = std::fs::read_to_string(Path::new(src).join(file)).expect("a source file");
        let mut tree = syn::parse_file(&source).expect("Rust");
        let mut instrument = Instrument {
            file: file.clone(),
            lines: source.lines().map(str::to_owned).collect(),
            path: Vec::new(),
            next: mutants.len(),
            mutants: Vec::new(),
        };
        instrument.visit_file_mut(&mut tree);
        mutants.append(&mut instrument.mutants);
        let (path, text) = (Path::new(out).join(file), quote!(#tree).to_string());
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("the directory");
        // Leaves an unchanged file alone, so that its modification time stays and Cargo does not recompile it.
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(path, text).expect("the copy");
        }
    }
    println!("{}", Value::Array(mutants));
}
