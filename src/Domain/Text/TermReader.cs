using Cairn.Model;

namespace Cairn.Text;

/// <summary>Reads the terms of a text with their places. No allocation; any bytes.</summary>
/// <param name="text">UTF-8.</param>
/// <param name="language">How words become terms.</param>
/// <param name="buffer">Holds one term: at least <see cref="Terms.MaxBytes"/> long.</param>
internal ref struct TermReader(ReadOnlySpan<byte> text, TextLanguage language, Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private WordReader _words = new(text);
    private int _length;

    /// <summary>The term.</summary>
    public readonly ReadOnlySpan<byte> Term => _buffer[.._length];

    /// <summary>Which word of the text it is, from 0; words that are not indexed count.</summary>
    public int Position { get; private set; } = -1;

    /// <summary>Goes to the next term.</summary>
    public bool MoveNext()
    {
        while (_words.MoveNext())
        {
            Position++;
            _length = Terms.Fold(_words.Word, _buffer);
            _length = Terms.Reduce(language, _buffer[.._length]);
            if (_length > 0)
            {
                return true;
            }
        }

        return false;
    }
}
