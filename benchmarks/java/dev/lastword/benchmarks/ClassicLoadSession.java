package dev.lastword.benchmarks;

import com.google.protobuf.ByteString;
import dev.lastword.testing.classic.Capability;
import dev.lastword.testing.classic.ClassicClient;
import dev.lastword.testing.classic.Commands;
import dev.lastword.testing.classic.Payload;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A session in the classic protocol; logs in with the fast path of caching_sha2_password, and leaves with COM_QUIT. */
final class ClassicLoadSession extends LoadSession {
  private static final int HEADER = 4;
  private static final int OK = 0x00;
  private static final int MORE_DATA = 0x01;
  private static final int FAST_PATH_DONE = 0x03;
  private static final int END = 0xfe;
  private static final int ERR = 0xff;
  private static final String PLUGIN = "caching_sha2_password";

  /** Without TLS, compression, and anything behind the name of the plugin. */
  private static final long CAPABILITIES = Capability.USUAL & ~Capability.CONNECT_ATTRS;

  private final LoadDriver.Target target;
  private boolean greeted;

  ClassicLoadSession(LoadDriver.Target target, Workload workload, Owner owner) {
    super(
        workload,
        owner,
        ClassicClient.packet(0, Commands.queryWithAttributes(workload.statement())));
    this.target = target;
  }

  @Override
  void begin() {
    // The server begins.
  }

  @Override
  long frameLength(ByteBuf in, int at) {
    return (long) HEADER + in.getUnsignedMediumLE(at);
  }

  @Override
  void frame(ByteBuf frame) throws IOException {
    frame.skipBytes(HEADER);
    int first = frame.getUnsignedByte(frame.readerIndex());
    if (first == ERR) {
      int code = frame.skipBytes(1).readUnsignedShortLE();
      throw new IOException(code + " " + frame.toString(StandardCharsets.UTF_8));
    }
    if (!greeted) {
      greeted = true;
      send(ClassicClient.packet(1, answer(frame)));
    } else if (isLoggingIn()) {
      loginGoesOn(first, frame);
    } else if (first == END) {
      // Neither a count of columns, nor a column, nor a row of what is asked here begins so.
      responseEnds();
    }
  }

  private void loginGoesOn(int first, ByteBuf payload) throws IOException {
    if (first == OK) {
      loggedIn();
    } else if (first != MORE_DATA
        || payload.getUnsignedByte(payload.readerIndex() + 1) != FAST_PATH_DONE) {
      throw new IOException("the server has not cached the password");
    }
  }

  /** The handshake response to a greeting of protocol version 10. */
  private ByteString answer(ByteBuf greeting) {
    greeting.skipBytes(1);
    // Behind the server's version and its end: the connection's number.
    greeting.skipBytes(greeting.bytesBefore((byte) 0) + 1 + 4);
    byte[] nonce = new byte[20];
    greeting.readBytes(nonce, 0, 8);
    // A zero, capabilities, character set, status, more capabilities, the nonce's length, ten
    // zeros.
    greeting.skipBytes(1 + 2 + 1 + 2 + 2 + 1 + 10);
    greeting.readBytes(nonce, 8, 12);
    return new Payload()
        .u32(CAPABILITIES)
        .u32(1 << 24)
        .u8(255)
        .zeros(23)
        .zeroEnded(target.user())
        .string(ByteString.copyFrom(proof(target.password(), nonce)))
        .zeroEnded(PLUGIN)
        .build();
  }

  @Override
  ByteString goodbye() {
    return ClassicClient.packet(0, Commands.quit());
  }
}
