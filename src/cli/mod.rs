//! The program.
/// Runs.
pub fn run() {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&args[1]).unwrap();
    let options = crate::read::Options { variant: args.get(2).cloned(), ..Default::default() };
    let result = crate::read::Description::parse(&args[1], &text).and_then(|d| d.expand(&options));
    match result {
        Ok(n) => {
            let a = crate::analyze(&n.graph, 1).unwrap();
            for (id, node) in n.graph.nodes() {
                let c = a.node(id).unwrap();
                println!("{} {} {} {} {}", n.graph.path(id), node.operator_name(), node.shape, c.params.total(), c.work.macs.total());
            }
            let t = a.total();
            println!("{} {} {} exact {}", t.params.total(), t.work.macs.total(), t.work.ops.flops(), t.padding_exact.macs.total());
            for w in n.warnings { println!("{}", w.render(&crate::error::Source{name: args[1].clone(), text: text.clone()}, Default::default(), false, 100)); }
        }
        Err(e) => println!("{}", e.render(Default::default(), false, 100)),
    }
}
