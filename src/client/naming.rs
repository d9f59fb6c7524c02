// SPDX-License-Identifier: GPL-2.0

//! Names of attributes for error messages: the kernel says at which octet of a
//! request it stumbled, people want to know over what.

use crate::client::{
    error::KernelError,
    extack::Extack, //
};
use netlink_packet_core::{
    NlasIterator,
    NLA_HEADER_SIZE, //
};
use nix::errno::Errno;

/// How attributes of a protocol are found and named in error messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    /// Where the attributes start, in octets from the netlink header.
    pub first: usize,
    /// The name of an attribute, by its number and those of the attributes
    /// around it, outermost first.
    pub name: fn(&[u16]) -> Option<&'static str>,
    /// Numbers of the attributes in which those of the driver are nested.
    pub nest: &'static [u16],
}

impl Naming {
    /// Describes an error by the request that caused it.
    pub fn error(&self, errno: Errno, extack: &Extack, request: &[u8]) -> KernelError {
        KernelError::new(
            errno,
            extack,
            |offset| self.at(request, offset),
            |kind| {
                let path = [self.nest, &[u16::try_from(kind).ok()?]].concat();
                Some((self.name)(&path)?.to_string())
            },
        )
    }

    /// Names the innermost attribute around an offset into the request.
    fn at(&self, request: &[u8], offset: u32) -> Option<String> {
        let offset = usize::try_from(offset).ok()?;
        let mut path = Vec::new();
        let mut start = self.first;
        let mut within = request.get(start..)?;

        'descend: loop {
            for nla in NlasIterator::new(within).map_while(|nla| nla.ok()) {
                let end = start + usize::from(nla.length()).next_multiple_of(4);

                if (start..end).contains(&offset) {
                    path.push(nla.kind());
                    start += NLA_HEADER_SIZE;
                    if offset < start || !self.nest.starts_with(&path) {
                        break 'descend;
                    }
                    let len = nla.value_length();
                    within = request.get(start..start + len)?;
                    continue 'descend;
                }
                start = end;
            }
            break;
        }

        let kind = path.last()?;
        Some((self.name)(&path).map_or_else(|| kind.to_string(), str::to_string))
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;
    use crate::client::attribute::attribute_name;

    const NAMING: Naming = Naming {
        first: 20,
        name: |path| attribute_name(*path.last()?),
        nest: &[],
    };
    const NESTED: Naming = Naming {
        first: 20,
        name: |path| (path == [18, 2, 4]).then_some("IFLA_GTP_ROLE"),
        nest: &[18, 2],
    };

    fn request() -> Vec<u8> {
        let mut request = vec![0; 20];
        request.extend([8, 0, 2, 0, 1, 0, 0, 0]);
        request.extend([5, 0, 13, 0, 2, 0, 0, 0]);
        request.extend([8, 0, 250, 0, 1, 0, 0, 0]);
        request
    }

    #[test]
    fn an_offset_names_the_attribute_around_it() {
        let name = |offset| NAMING.at(&request(), offset);
        assert_eq!(name(20).as_deref(), Some("GTPA_VERSION"));
        assert_eq!(name(28).as_deref(), Some("GTPA_FAMILY"));
        assert_eq!(name(32).as_deref(), Some("GTPA_FAMILY"));
        assert_eq!(name(36).as_deref(), Some("250"));
        assert_eq!(name(0), None);
        assert_eq!(name(44), None);
    }

    #[test]
    fn an_offset_is_followed_into_nests() {
        let mut request = vec![0; 20];
        request.extend([8, 0, 3, 0, b'g', b't', b'p', 0]);
        request.extend([24, 0, 18, 0]);
        request.extend([8, 0, 1, 0, b'g', b't', b'p', 0]);
        request.extend([12, 0, 2, 0]);
        request.extend([8, 0, 4, 0, 2, 0, 0, 0]);

        let name = |offset| NESTED.at(&request, offset);
        assert_eq!(name(44).as_deref(), Some("IFLA_GTP_ROLE"));
        assert_eq!(name(40).as_deref(), Some("2"));
        assert_eq!(name(32).as_deref(), Some("1"));
        assert_eq!(name(28).as_deref(), Some("18"));
        assert_eq!(name(20).as_deref(), Some("3"));
    }
}
