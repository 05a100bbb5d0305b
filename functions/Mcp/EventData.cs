namespace Cairn.Functions.Mcp;

/// <summary>Server-sent events of the transport, of which the last is the answer: it is sent as JSON, since nothing comes before it that a client would wait for.</summary>
internal static class EventData
{
    /// <summary>The data of the last event; empty: there is none.</summary>
    public static ReadOnlyMemory<byte> Last(ReadOnlyMemory<byte> events)
    {
        var marker = "data: "u8;
        for (var rest = events; ;)
        {
            var at = rest.Span.LastIndexOf(marker);
            if (at < 0)
            {
                return default;
            }

            if (at == 0 || rest.Span[at - 1] == (byte)'\n')
            {
                var data = rest[(at + marker.Length)..];
                return data.Span.IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var end ? data[..end] : data;
            }

            rest = rest[..at];
        }
    }
}
