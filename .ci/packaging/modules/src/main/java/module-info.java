module hello {
  requires io.loop.netty;
}
