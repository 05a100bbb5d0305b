using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Storage;

namespace Cairn.Infra.EventHubs;

/// <summary>Events as the JSON that the hub's HTTPS interface takes for many: <c>[{"Body":"text"},…]</c>. Each is a string there, so its quotes are escaped.</summary>
/// <remarks>Invariants: the request is never longer than the limit; any run of its events is one piece of <see cref="_json"/>, the comma before it left out.</remarks>
internal sealed class HubBatch(int partition, int maxBytes) : IEventBatch
{
    // What the hub keeps with each event counts towards its limit.
    private const int OverheadBytes = 64;
    private const int BracketsBytes = 2;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _json = new(16 * 1024);
    private readonly List<int> _ends = [];
    private readonly ArrayBufferWriter<byte> _next = new();
    private int _countedBytes = BracketsBytes;

    public int Partition => partition;

    public int Count => _ends.Count;

    public bool TryAdd(ReadOnlySpan<byte> text)
    {
        if (text.Length > maxBytes)
        {
            return false;
        }

        _next.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_next, Plain))
        {
            json.WriteStartObject();
            json.WriteString("Body"u8, text);
            json.WriteEndObject();
        }

        var counted = _next.WrittenCount + 1 + OverheadBytes;
        if (_countedBytes + counted > maxBytes)
        {
            return false;
        }

        _json.Write(_ends.Count == 0 ? "["u8 : ","u8);
        _json.Write(_next.WrittenSpan);
        _ends.Add(_json.WrittenCount);
        _countedBytes += counted;
        return true;
    }

    /// <summary>The body of a request with some of the events.</summary>
    public byte[] Body(int first, int count)
    {
        var start = first == 0 ? 0 : _ends[first - 1];
        var events = _json.WrittenSpan[(start + 1).._ends[first + count - 1]];
        return [(byte)'[', .. events, (byte)']'];
    }
}
