package dev.lastword.relay;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Addresses for people and logs. */
public final class NetText {
  private NetText() {}

  /** {@code 10.0.0.7:51544}, {@code [::1]:33060}, or {@code unix:PATH}; {@code unix} for a client's nameless socket. */
  public static String of(@Nullable SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      return NetUtil.toSocketAddressString(inet);
    }
    String path = address == null ? "" : address.toString();
    return path.isEmpty() ? "unix" : "unix:" + path;
  }
}
