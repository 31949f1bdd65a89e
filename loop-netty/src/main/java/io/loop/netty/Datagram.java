package io.loop.netty;

import java.net.InetSocketAddress;

/// One packet that arrived.
///
/// @param data what is in it, possibly nothing; the receiver's own array
/// @param sender where it came from
@SuppressWarnings("ArrayRecordComponent") // a packet equals none but itself
public record Datagram(byte[] data, InetSocketAddress sender) {}
