// SPDX-License-Identifier: GPL-2.0

//! The text of `gtptest help`: the script language in one screen.

/// What `gtptest help` prints.
pub const TEXT: &str = "\
gtptest run [FILE]    read statements, one a line, and report tests
gtptest VERB ARG...   run one statement and print its outcome
gtptest fuzz netlink [mode=exact|shared] [driver=rust|c] [seed=N] [count=N] [threads=N] [thread=N]
                      [links=N] [shrink=0]   random requests, and a model of what must come of them
gtptest loop MS [FILE]  run statements over and over, whatever comes of them, and count

Tests
  test NAME...          begin a test: it passes when every statement up to the next one holds
  differs ROW...        inside a test: the C driver is known to fail it, for the reason named
  skip REASON...        inside a test: it cannot be run
  cleanup               statements up to the next test may fail
  sh COMMAND [=> N]     run a shell command, expect its exit status
  sleep MS
  retry STATEMENT       until it holds, ten seconds at most
  nobody                give up root and all capabilities, for good
  lowly                 open the channels to the kernel as a user without rights, stay root
  unshare               go into a user and a network namespace of one's own

Faults (each allocation of a request fails once, where the kernel has fault injection)
  fault [or=ERRNO,...] STATEMENT     what is asked for under faults
  either STATEMENT      what comes of it is the state: as before, or as after
  proof STATEMENT       holds when the request was carried out
  undo STATEMENT        takes it back
  clear STATEMENT       throws away what an attempt may have left lying about
  faulted [max=N]       do it

Sockets (ns=NAME opens them in /run/netns/NAME)
  udp NAME [v6] [v6only=0|1] [bind=A:P] [connect=A:P] [reuse] [share] [gro] [OPTIONS] [=> ERRNO of bind]
  sockopt NAME [ns=] [OPTIONS]   of an open one: [dev=DEV|none] [mark=N] [tos=N]
          [gso=N]       sends in datagrams of N octets (0: as it is)
          [encap=N]     UDP_ENCAP, where the kernel has that one; 2 is IPsec's
  sock NAME kind=tcp|tcp6|unix|udplite|icmp|icmp6|rawip|rawip6|ping|netlink [bind=A:P]
          [type=N]      only messages that begin with that octet
  file NAME PATH
  capture NAME dev=DEV [family=4|6] [only=PROTOCOL,...]  what DEV receives, without a link
          layer; `send` transmits on DEV
  array NAME SOCKET [=> ERRNO]  BPF's, of sockets that share a port, with that one in it
  rival ARRAY SOCKET    takes the socket out and puts it there again, until ARRAY is closed
  close NAME
  plain NAME            have it forget its tunnel (UDP_ENCAP is 0)
  send NAME [to=A:P] [proto=0xNNNN] : PACKET [=> ERRNO]
  flood NAME count=N|for=MS : PACKET
  expect NAME [from=A:P] [timeout=MS] : PACKET
  answer NAME [via=NAME] [skew=N] [times=N]  an echo request with a response
  silent NAME... [for=MS]
  drain NAME...
  hold NAME...          print every datagram as `NAME SOURCE HEX` until killed

Packets: layers separated by /, several packets in one datagram by +; `*` as a value matches anything
  gtp1 teid= [flags= type= len= seq= npdu= next= opt ext=TYPE:HEX,...]
  gtp0 tid= [flags= type= len= seq= flow= number= spare=HEX]
  ip4 src= dst= [tos= ttl= id= df mf off= proto= len= ver= ihl= sum= opts=HEX]
  ip6 src= dst= [tc= flow= hlim= next= len=]
  udp SPORT DPORT [len= sum=]    tcp SPORT DPORT [seq= ack= off= flags= win= sum=]
  icmp type= code= [rest=HEX|mtu=N] [sum=]
  hex AABB | text WORD | fill N [BYTE] | cut N (drop the last N octets of all that is inside)
  rest                  anything may follow

Links (attributes: NAME=VALUE, or NAME:TYPE=VALUE with u8 u16 u32 u64 be32 hex str)
  newlink [ns=] name= [up] [mtu=] [kind=] [nonul] [noinfo] [flags=create,excl|none]
          [netns=FILE] [linkns=NSID] [index=N]
          [fd0= fd1= hashsize= role= create= restart= local= local6= qfisource= qficheck=
          bearersource=] [=> ERRNO]
  nolink [ns=] dev=         there is none of that name
  dellink [ns=] dev= | setlink [ns=] dev= up|down|mtu=|netns=
  linkdata [ns=] dev= ATTRIBUTES     the link's own data, octet by octet
  linkprop [ns=] dev= [type= flags= mtu= minmtu= maxmtu= txqlen= qdisc= addr= kind= carrier=]

PDP contexts
  newpdp|delpdp|getpdp|echoreq|endmarker [ns=] [flags=excl,replace,create,append] [cmd=]
          link= version= tid= flow= i_tei= o_tei= ms= peer= ms6= peer6= family= nsfd=
          qfi= rqi= ppi= endmarker= bearer= [=> ERRNO]   rqi and endmarker have no value
  newroute|delroute|getroute [ns=] [flags=replace] link= dst=|dst6= dstlen= ms=|ms6= [=> ERRNO]
  reply cmd=N ATTRIBUTES     the last reply, octet by octet
  dump [ns=] [cmd=getroute] [link=] [=> ERRNO]  dumped N [unique] [multi] [intr=0|1] | dumped has|lacks ATTRIBUTES | dumped padded (with zeroes)
  dumpbegin [ns=] [link=] | dumppart N | dumprest   the same in parts, with time in between
  lived tei=N count=N         the dump has each of these incoming TEIDs exactly once
  bulk newpdp|delpdp [ns=] dev= count= [version=] tei= [o_tei=] ms= peer= [peers=N] [flags=excl]
  extacks                    every refusal so far came with a message
  blames|misses ATTRIBUTE | says TEXT...   what the last refusal's message is about
  raw route|gtp|N [ns=] type=N flags=N [seq=N] : WORDS [=> ERRNO]   octets of a message's body:
          u8= u16= u32= be32= hex= str= (with NUL) text= (without) link=DEV fd=NAME as they
          stand, N:TYPE=VALUE an attribute, N[ ... ] one of attributes; what comes is a reply
  family [ns=]               the generic netlink family as it must be
  spec FILE [ns=] [mainline] [WHAT...]  the driver as a specification in YAML says: family, commands,
          rights, groups, policies, dump-policies, requests (all of these if none is named), join (ends as nobody),
          reply=OP, reply-number=OP, event=OP@LISTENER; of a link's requests, dev=DEV
  usage [none] [idle=MIN..MAX] NAME=N...   usage in the last reply (asked for by stats=); counters not named are zero
  told NAME [timeout=MS] ATTRIBUTES        the next notification is one of usage; `usage` tells the rest
  subscribe NAME [ns=]       notified NAME [timeout=MS] cmd=N ATTRIBUTES

Counters
  counters [ns=] dev= zero   none has counted anything yet
  linkerrors [ns=] dev=      no error or drop has ever been counted
  count [ns=] dev=           take a reading
  counted [ns=] dev= C=N...  what was added since; counters not named must not have moved
  tun NAME [ns=] dev= [tap] [vnet] [napi] [frags]   makes a tun or tap device; vnet: a struct
          virtio_net_hdr_v1_hash_tunnel stands in front of each packet
  fuzz class=NAME [seed=N] [count=N] [first=N|only=N] [show] node=NS peer=NS golden=FOLDER
          [read=NAME,...] [place=FILE]   throws packets: see tests/rough/packets.sh
  balance begin|end node=NS peer=NS [cut] [good]   what was thrown since is accounted for
  leave NS                  close the netlink sockets in NS, which keep it alive
  slab CACHE                 slabgrew CACHE max=N
";
