//! A try.
use std::path::Path;
#[test]
fn counts() {
    let file = std::env::var("ONNX").unwrap();
    for file in file.split(' ') {
        let start = std::time::Instant::now();
        let onnx = match cnncost::read::onnx::Onnx::open(Path::new(file), file) {
            Ok(o) => o,
            Err(e) => {
                println!("{file}: {e:?}");
                continue;
            }
        };
        let network = match onnx.expand(&Default::default()) {
            Ok(n) => n,
            Err(e) => {
                println!("{file}: {e:?}");
                continue;
            }
        };
        let analysis = cnncost::analyze(&network.graph).unwrap();
        println!(
            "{file}: {} nodes, params {}, macs {:?} {:?} {:?}",
            network.graph.len(),
            analysis.total().params.total(),
            analysis.total().work.macs,
            analysis.status(),
            start.elapsed()
        );
        let mut ws: Vec<String> = network.warnings.iter().map(|w| w.message.english.clone()).collect();
        ws.truncate(5);
        for w in ws {
            println!("   {w}");
        }
        if std::env::var("TREE").is_ok() {
            for (id, node) in network.graph.nodes() {
                println!("     {} {} {}", network.graph.path(id), node.operator_name(), node.shape);
            }
        }
    }
}
