namespace Cairn.Functions.Answers;

/// <summary>
/// Counts the tokens that concepts take in a model's context: a quarter of the bytes of their JSON, rounded up for each. A rule of thumb for English; texts in other scripts may take
/// more. One thread.
/// </summary>
/// <param name="most">Null: any number.</param>
internal sealed class TokenBudget(int? most)
{
    /// <summary>Bytes of UTF-8 that count as one token.</summary>
    public const int BytesPerToken = 4;

    /// <summary>Tokens that were spent.</summary>
    public long Spent { get; private set; }

    /// <summary>Writes something if there is room for it; false: there is not, and nothing was written.</summary>
    public bool TryWrite(JsonWriter json, Action write)
    {
        var before = json.Place;
        write();
        if (TrySpend(json.LengthBytes - before.LengthBytes))
        {
            return true;
        }

        json.GoBack(before);
        return false;
    }

    /// <summary>Spends what so many bytes take; false: there is not so much left.</summary>
    public bool TrySpend(int lengthBytes)
    {
        var tokens = (lengthBytes + BytesPerToken - 1) / BytesPerToken;
        if (Spent + tokens > most)
        {
            return false;
        }

        Spent += tokens;
        return true;
    }
}
