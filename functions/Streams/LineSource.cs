namespace Cairn.Functions.Streams;

/// <summary>The lines of NDJSON. Blank ones are passed over, but counted.</summary>
internal sealed class LineSource(Stream stream, CancellationToken cancellationToken) : ItemSource(stream, cancellationToken)
{
    private int _taken;
    private bool _ended;

    public override async ValueTask<bool> MoveNextAsync()
    {
        while (true)
        {
            Window.Take(_taken);
            _taken = 0;
            if (!await FindAsync())
            {
                return false;
            }

            Number++;
            if (Fault is not null || !Text.IsEmpty)
            {
                return true;
            }
        }
    }

    private async ValueTask<bool> FindAsync()
    {
        Fault = null;
        for (var (scanned, dropped) = (0, 0L); ;)
        {
            var unread = Window.Unread;
            var length = unread.Span[scanned..].IndexOf((byte)'\n');
            if (length >= 0 || _ended)
            {
                return Set(length < 0 ? unread : unread[..(scanned + length)], length >= 0, dropped);
            }

            scanned = unread.Length;
            if (scanned > LimitBytes)
            {
                // Too long to hold: its bytes go, its number stays.
                dropped += scanned;
                Window.Take(scanned);
                scanned = 0;
            }

            _ended = !await Window.FillAsync();
        }
    }

    private bool Set(ReadOnlyMemory<byte> line, bool hasEnd, long dropped)
    {
        _taken = line.Length + (hasEnd ? 1 : 0);
        var total = dropped + line.Length;
        Fault = total > LimitBytes ? TooLong(total) : null;
        Text = Fault is null ? line.Trim(" \t\r"u8) : default;
        return hasEnd || total > 0;
    }
}

/// <summary>Trimming of texts in memory.</summary>
internal static class MemoryTrimming
{
    public static ReadOnlyMemory<byte> Trim(this ReadOnlyMemory<byte> text, ReadOnlySpan<byte> any)
    {
        var start = text.Span.IndexOfAnyExcept(any);
        return start < 0 ? default : text[start..(text.Span.LastIndexOfAnyExcept(any) + 1)];
    }
}
