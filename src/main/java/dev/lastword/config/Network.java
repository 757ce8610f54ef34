package dev.lastword.config;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of addresses.
 *
 * @param first its first address
 * @param prefix the leading bits that all of its addresses share: 0 to 32, or to 128 for IPv6
 */
public record Network(InetAddress first, int prefix) {
  private static final Pattern TEXT = Pattern.compile("([0-9A-Fa-f.:]+)(?:/(\\d{1,3}))?");

  /**
   * Checks that the two fit.
   *
   * @throws IllegalArgumentException if they do not; the message goes on after the value
   */
  public Network {
    int bits = first.getAddress().length * Byte.SIZE;
    if (prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException("has a prefix that is not one of 0 to " + bits);
    }
    InetAddress begin = masked(first, prefix);
    if (!begin.equals(first)) {
      throw new IllegalArgumentException(
          "is no network: its address has more bits than its prefix; "
              + begin.getHostAddress()
              + "/"
              + prefix
              + " is the network that it is in");
    }
  }

  /**
   * Reads an address with a prefix, such as {@code 10.0.0.0/8} or {@code ::1/128}, or without one for a single address.
   *
   * @throws IllegalArgumentException if it is neither; the message goes on after the value
   */
  public static Network of(String text) {
    Matcher m = TEXT.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException("is not a network");
    }
    InetAddress address;
    try {
      address =
          m.group(1).indexOf(':') < 0
              ? Inet4Address.ofLiteral(m.group(1))
              : Inet6Address.ofLiteral(m.group(1));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("is not a network", e);
    }
    int bits = address.getAddress().length * Byte.SIZE;
    return new Network(address, m.group(2) == null ? bits : Integer.parseInt(m.group(2)));
  }

  /** Whether an address is in it. */
  public boolean contains(InetAddress address) {
    return address.getAddress().length == first.getAddress().length
        && masked(address, prefix).equals(first);
  }

  private static InetAddress masked(InetAddress address, int prefix) {
    byte[] bytes = address.getAddress();
    int whole = prefix / Byte.SIZE;
    if (whole < bytes.length) {
      bytes[whole] &= (byte) (0xff00 >> prefix % Byte.SIZE);
      Arrays.fill(bytes, whole + 1, bytes.length, (byte) 0);
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has as many bytes as an address", e);
    }
  }

  @Override
  public String toString() {
    return first.getHostAddress() + "/" + prefix;
  }
}
