// SPDX-License-Identifier: GPL-2.0

//! Lists of what is on links: contexts, routes, paths.

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    names::{
        LinkWords,
        Links,
        Names, //
    },
    output::{
        Format,
        List, //
    },
};
use gtp::client::{
    DumpStatus,
    Error,
    GtpClient, //
};
use std::io::{
    self,
    BufWriter,
    StdoutLock, //
};

/// A list on its way to the standard output.
type Out = List<BufWriter<StdoutLock<'static>>>;

/// Shows what `dump` hands over of one link, or of all: `show` prints one entry.
pub fn list<T>(
    link: Option<&LinkWords<'_>>,
    format: Format,
    dump: impl FnOnce(
        &mut GtpClient,
        Option<u32>,
        &mut dyn FnMut(T) -> Result<(), Error>,
    ) -> Result<DumpStatus, Error>,
    show: impl Fn(&mut Out, &mut Names, &T) -> io::Result<()>,
) -> Outcome {
    let link = match link {
        Some(words) => Some(Links::default().find(words)?.index),
        None => None,
    };
    let mut names = Names::default();
    let mut list = List::new(BufWriter::new(io::stdout().lock()), format);
    let mut written = Ok(());

    let status = dump(&mut GtpClient::open()?, link, &mut |entry| {
        if written.is_ok() {
            written = show(&mut list, &mut names, &entry);
        }
        Ok(())
    });

    // The array is closed whatever happened, so that what came can be read.
    let finished = list.finish();
    written?;
    finished?;
    whole(status?.interrupted)
}

/// Fails for a dump during which something has changed.
pub fn whole(interrupted: bool) -> Outcome {
    if interrupted {
        return Err(Failure::Refused(
            "something changed meanwhile, the list may be incomplete (NLM_F_DUMP_INTR)".to_string(),
        ));
    }
    Ok(())
}
