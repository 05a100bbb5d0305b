namespace Cairn.Query.Search;

/// <summary>Which rows may be found.</summary>
internal interface IRowFilter
{
    /// <summary>Whether a row may be found. Asked only for those that would be among the first.</summary>
    bool Accepts(int row);
}
