package io.loop.netty.socket;

import io.loop.netty.transport.Transport;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/// A listening TCP socket that another process has bound and passed on by its descriptor, as
/// systemd does.
public final class InheritedSocket {

  /*
   * Netty needs a socket that does not block: when two processes accept from one socket, each is
   * told of a connection that the other may take first. Java cannot change the mode of a descriptor,
   * so it is only checked.
   *
   * LISTEN_FDS and LISTEN_PID are described in sd_listen_fds(3). The other constants are Linux's:
   * sys/socket.h and fcntl.h.
   */

  private static final int FIRST = 3;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ACCEPTCONN = 30;
  private static final int SO_DOMAIN = 39;
  private static final int AF_UNIX = 1;
  private static final int O_NONBLOCK = 0x800;
  private static final int OCTAL = 8;

  private InheritedSocket() {}

  /// {@return the descriptor of the first socket that systemd has passed to this process}
  ///
  /// @param environment the environment of this process
  /// @param pid the id of this process
  /// @throws IllegalStateException if it has passed none
  public static int ofSystemd(Map<String, String> environment, long pid) {
    String count = environment.get("LISTEN_FDS");
    if (count == null || count.equals("0")) {
      throw new IllegalStateException(
          "systemd has passed no socket (LISTEN_FDS is "
              + (count == null ? "not set" : count)
              + "): start this program by a .socket unit");
    }
    String owner = environment.get("LISTEN_PID");
    if (!Long.toString(pid).equals(owner)) {
      throw new IllegalStateException(
          "systemd has passed its socket to the process "
              + owner
              + ", and this is "
              + pid
              + ": start java with exec");
    }
    return FIRST;
  }

  /// {@return the factory for the channel that listens on a descriptor, and owns it from then on}
  ///
  /// @param transport the transport of the loop
  /// @param descriptor the descriptor
  /// @throws BindException if it is not a listening TCP socket, or blocks
  /// @throws IllegalStateException if the transport is not epoll
  public static ChannelFactory<ServerChannel> listening(Transport transport, int descriptor)
      throws IOException {
    if (transport != Transport.EPOLL) {
      throw new IllegalStateException(
          "an inherited socket needs epoll, and this loop runs on "
              + transport
              + ": choose Transport.EPOLL");
    }
    if (isBlocking(descriptor)) {
      throw refusal(
          descriptor, "it is in blocking mode; set NonBlocking=true in the unit of the service");
    }
    if (!isListening(descriptor)) {
      throw refusal(descriptor, "it is not a listening TCP socket");
    }
    return () -> new EpollServerSocketChannel(descriptor);
  }

  private static boolean isBlocking(int descriptor) throws IOException {
    Path info = Path.of("/proc/self/fdinfo/" + descriptor);
    try {
      for (String line : Files.readAllLines(info)) {
        if (line.startsWith("flags:")) {
          return (Integer.parseInt(line.substring("flags:".length()).strip(), OCTAL) & O_NONBLOCK)
              == 0;
        }
      }
    } catch (NoSuchFileException none) {
      throw refusal(descriptor, "this process has no such descriptor");
    }
    throw refusal(descriptor, info + " does not say whether it blocks");
  }

  private static boolean isListening(int descriptor) {
    var socket = new Socket(descriptor);
    try {
      return socket.getIntOpt(SOL_SOCKET, SO_ACCEPTCONN) == 1
          && socket.getIntOpt(SOL_SOCKET, SO_DOMAIN) != AF_UNIX;
    } catch (IOException notASocket) {
      return false;
    }
  }

  private static BindException refusal(int descriptor, String reason) {
    return new BindException("could not listen on descriptor " + descriptor + ": " + reason);
  }
}
