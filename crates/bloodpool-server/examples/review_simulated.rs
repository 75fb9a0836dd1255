//! Serves simulated studies on the review page: `cargo run --release -p bloodpool-server --example review_simulated -- FOLDER [STUDIES]`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bloodpool_core::Segmenter;
use bloodpool_core::classical::ClassicalMethod;
use bloodpool_dicom::net::{FileSystemSpace, Stop};
use bloodpool_dicom::{Acquisition, encode_study};
use bloodpool_phantom::{Family, Population};
use bloodpool_server::{
    DocumentAnalyse, Inbox, InboxSettings, ReviewAnalysis, Role, Store, WebServer, WebSettings, Worker, WorkerSettings,
};

/// Finds the LV without a network.
struct Classical(Box<dyn Segmenter>);

impl ReviewAnalysis for Classical {
    fn segmenter(&self) -> &dyn Segmenter {
        &*self.0
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder for the data")?;
    let studies: u64 = arguments.next().map_or(Ok(6), |count| count.parse())?;
    let port: u16 = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let store = Arc::new(Store::open(folder.as_ref(), "review_simulated")?);
    let inbox = Arc::new(Inbox::new(Arc::clone(&store), InboxSettings::default(), Arc::new(FileSystemSpace)));
    let source = Population { matrix: Some(64), ..Population::ordinary(Family::Own, 12) };
    for index in 0..studies {
        let study = source.study(index)?.labelled.study;
        inbox.receive(&mut &encode_study(&study, &Acquisition::original())?[..], "example")?;
    }
    // Simulated people for simulated patients; an account that exists stays as it is.
    for (name, role) in [("tech", Role::Technologist), ("doctor", Role::Physician)] {
        let _ = store.add_person(name, role, "simulated password", "example");
    }
    let method = ClassicalMethod::by_name("radial-edges").ok_or("there is no such method")?;
    let program = Arc::new(Classical(method.segmenter()));
    let (_stop, token) = Stop::new();
    let analyse = Arc::new(DocumentAnalyse::new(Arc::clone(&program) as Arc<dyn ReviewAnalysis>, "example"));
    let worker = Worker::new(Arc::clone(&store), analyse, WorkerSettings::default());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let settings = WebSettings { address, hosts: Vec::new(), secure: false };
    let server = WebServer::bind(Arc::clone(&store), inbox, program, settings)?;
    println!("{}", server.local_link()?);
    let stopping = token.clone();
    std::thread::spawn(move || worker.run(&stopping));
    server.run(&token)?;
    Ok(())
}
