// SPDX-License-Identifier: GPL-2.0

//! Tests of [`crate::net::time`].

use crate::net::time::RateLimit;
use kernel::{
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

#[kunit_tests(gtp_net_time)]
mod tests {
    use super::*;

    #[test]
    fn once_for_each_class() {
        let limit = RateLimit::<4>::new(1, 1);
        assert!(limit.allows(0));
        assert!(!limit.allows(0));
        assert!(limit.allows(1));
        assert!(!limit.allows(1));
        // Equal modulo the number of classes.
        assert!(!limit.allows(4));
        assert!(limit.allows(u32::MAX));
        assert!(!limit.allows(3));
    }

    #[test]
    fn again_after_the_interval() {
        let limit = RateLimit::<1>::new(10, 1);
        assert!(limit.allows(0));
        assert!(!limit.allows(0));
        fsleep(Delta::from_millis(150));
        assert!(limit.allows(0));
        assert!(!limit.allows(0));
    }

    #[test]
    fn burst() {
        let limit = RateLimit::<2>::new(1, 3);
        for _ in 0..3 {
            assert!(limit.allows(0));
        }
        assert!(!limit.allows(0));
        assert!(limit.allows(1));
    }

    #[test]
    fn extremes() {
        // Never is once a second.
        let never = RateLimit::<1>::new(0, 1);
        assert!(never.allows(0));
        assert!(!never.allows(0));
        // More often than the clock ticks is as often as that.
        let often = RateLimit::<1>::new(u32::MAX, 1);
        assert!(often.allows(0));
        fsleep(Delta::from_millis(30));
        assert!(often.allows(0));
        // Without a class nothing is served.
        assert!(!RateLimit::<0>::new(1, 1).allows(0));
    }
}
