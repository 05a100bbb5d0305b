using Cairn.Functions.Problems;

namespace Cairn.Functions.Streams;

/// <summary>The items of <c>{"name":[…]}</c>, cut out one by one; each is checked by whoever reads it.</summary>
internal sealed class ArraySource(Stream stream, string name, CancellationToken cancellationToken) : ItemSource(stream, cancellationToken)
{
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    private bool _opened;
    private bool _closed;
    private int _taken;

    /// <exception cref="ProblemException">syntax or unknown-member: the body is not that object.</exception>
    public override async ValueTask<bool> MoveNextAsync()
    {
        Window.Take(_taken);
        (_taken, Fault) = (0, null);
        if (_closed)
        {
            return false;
        }

        if (!_opened)
        {
            await OpenAsync();
        }

        if (await NextAsync() == ']')
        {
            Window.Take(1);
            await CloseAsync();
            _closed = true;
            return false;
        }

        if (Number > 0)
        {
            await RequireAsync(',');
            await NextAsync();
        }

        await CutAsync();
        Number++;
        return true;
    }

    private async ValueTask OpenAsync()
    {
        await PassByteOrderMarkAsync();
        await RequireAsync('{');
        await RequireAsync('"');
        foreach (var c in name)
        {
            await RequireAsync(c, mayFollowSpace: false);
        }

        await RequireAsync('"', mayFollowSpace: false);
        await RequireAsync(':');
        await RequireAsync('[');
        _opened = true;
    }

    // As before any other body, it may be there and means nothing.
    private async ValueTask PassByteOrderMarkAsync()
    {
        while (Window.Unread.Length < ByteOrderMark.Length && await Window.FillAsync())
        {
        }

        Window.Take(Window.Unread.Span.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0);
    }

    private async ValueTask CloseAsync()
    {
        await RequireAsync('}');
        if (await NextAsync() >= 0)
        {
            throw Malformed("something stands behind the end of the object");
        }
    }

    private async ValueTask CutAsync()
    {
        var extent = new JsonExtent();
        for (var dropped = 0L; ;)
        {
            var unread = Window.Unread;
            if (extent.TryFind(unread.Span, out var length))
            {
                if (length == 0)
                {
                    throw Malformed("an item is missing");
                }

                _taken = length;
                Fault = dropped + length > LimitBytes ? TooLong(dropped + length) : null;
                Text = Fault is null ? unread[..length] : default;
                return;
            }

            if (unread.Length > LimitBytes)
            {
                dropped += unread.Length;
                Window.Take(unread.Length);
                extent.Forget();
            }

            if (!await Window.FillAsync())
            {
                // The end came first; what there is of the item will not parse.
                (_closed, _taken, Text) = (true, unread.Length, unread);
                return;
            }
        }
    }

    private async ValueTask RequireAsync(char expected, bool mayFollowSpace = true)
    {
        if (await NextAsync(mayFollowSpace) != expected)
        {
            throw Malformed($"expected '{expected}' of {{\"{name}\":[…]}}");
        }

        Window.Take(1);
    }

    // The next byte that is no white space, not taken; −1 at the end.
    private async ValueTask<int> NextAsync(bool skipsSpace = true)
    {
        while (true)
        {
            var unread = Window.Unread;
            var at = skipsSpace ? unread.Span.IndexOfAnyExcept(" \t\r\n"u8) : unread.IsEmpty ? -1 : 0;
            if (at >= 0)
            {
                Window.Take(at);
                return unread.Span[at];
            }

            Window.Take(unread.Length);
            if (!await Window.FillAsync())
            {
                return -1;
            }
        }
    }

    private ProblemException Malformed(string detail) => Number == 0
        ? ProblemException.Of(ProblemKinds.Syntax, detail)
        : ProblemException.Of(ProblemKinds.Syntax, $"{detail}, behind item {Number}");
}
