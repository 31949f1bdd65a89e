package io.loop.netty.datagram;

import java.net.InetSocketAddress;

/// A packet that arrived.
///
/// @param data its content, possibly empty; the array belongs to the receiver
/// @param sender the address it came from
@SuppressWarnings("ArrayRecordComponent") // a packet is equal only to itself
public record Datagram(byte[] data, InetSocketAddress sender) {}
